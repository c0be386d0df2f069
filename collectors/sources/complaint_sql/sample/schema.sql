-- A small in-house system with invented complaints; tests/test_sources.py builds a SQLite file from it.
CREATE TABLE complaint_export (
    ticket_no TEXT PRIMARY KEY,
    created_at TEXT,
    updated_at TEXT NOT NULL,
    company TEXT,
    category TEXT,
    title TEXT,
    content TEXT,
    amount NUMERIC,
    status TEXT,
    customer_id TEXT
);
INSERT INTO complaint_export VALUES
    ('N-2026-000117', '2026-11-20 09:15:00', '2026-11-20 03:00:00', '云汀钱包', '提现', '提现未到账',
     '提现五天未到账，客服让继续等待。', 800, '处理中', 'C10293'),
    ('N-2026-000118', '2026-11-20 10:40:00', '2026-11-20 04:00:00', '砚川消费金融', '催收', '',
     '催收人员联系了单位同事，要求停止。', 12000.5, '已办结', 'C55120'),
    ('N-2026-000119', NULL, '2026-11-20 05:00:00', '青浔分期', '息费', '没有登记时间的工单',
     '实际年化与宣传不符。', NULL, '处理中', 'C77001'),
    ('N-2026-000120', '2026-11-20 11:30:00', '2026-11-20 06:00:00', '青浔分期', '其他', '', '', NULL, '处理中', NULL);
