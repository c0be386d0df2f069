-- 样例：一个小型投诉库，内容均为虚构；try-source --sample 与测试据此建立一个 SQLite 文件。
CREATE TABLE complaints (
    id TEXT PRIMARY KEY,
    title TEXT,
    content TEXT,
    created_at TEXT,
    updated_at TEXT NOT NULL,
    company TEXT,
    status TEXT,
    amount TEXT
);
INSERT INTO complaints VALUES
    ('A-001', '示例标题一', '客户反映砚川消费金融提前收取服务费，要求退还。', '$day 09:30:00', '$day 01:30:00',
     '砚川消费金融', '处理中', '1.5万元'),
    ('A-002', '示例标题二', '客户反映云汀钱包提现三日未到账。', '$day 10:00:00', '$day 02:00:00',
     '云汀钱包', '已完成', '300');
