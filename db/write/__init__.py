"""Everything that writes. Functions take a session of `Database.writing()` first; its block is one transaction."""

from db.write.analysis import AnalysisRow, save_analysis, save_weights
from db.write.corrections import remove_mentions, rescore, set_next_run
from db.write.digests import Digest, save_digests
from db.write.discoveries import (
    RESCORE,
    dismiss,
    promote,
    prune_discoveries,
    reread_name,
    save_discoveries,
    undo_dismissal,
    undo_promotion,
)
from db.write.documents import StoreCounts, store_documents
from db.write.feedback import CorrectionRefused, allowed, correct, reread, undo_correction
from db.write.forget import ForgetCounts, forget_source
from db.write.indicators import Fate, ReadingRow, place_reading, store_readings
from db.write.platforms import LoadCounts, load_platforms, seed_industry
from db.write.preview import Verdict, preview_documents
from db.write.proposed import propose_thresholds
from db.write.prune import prune_bands, prune_requests, prune_responses, prune_validators
from db.write.purge import NothingChosen, PurgeReport, purge
from db.write.responses import keep_response, save_validators
from db.write.sources import (
    abandon_running,
    begin_reading,
    enable_source,
    finish_run,
    record_missed,
    save_imported_file,
    save_source_days,
    set_source_state,
    start_run,
    upsert_sources,
)
from db.write.values import replace_index_days, save_flips, save_index_values, save_platform_days
from db.write.work import (
    add_pending,
    add_sign_off,
    ask,
    beat,
    clear_pending,
    finish_request,
    reopen_requests,
    report_progress,
    seed_thresholds,
    set_fact,
    take_request,
)

__all__ = [
    "RESCORE",
    "AnalysisRow",
    "CorrectionRefused",
    "Digest",
    "Fate",
    "ForgetCounts",
    "LoadCounts",
    "NothingChosen",
    "PurgeReport",
    "ReadingRow",
    "StoreCounts",
    "Verdict",
    "abandon_running",
    "add_pending",
    "add_sign_off",
    "allowed",
    "ask",
    "beat",
    "begin_reading",
    "clear_pending",
    "correct",
    "dismiss",
    "enable_source",
    "finish_request",
    "finish_run",
    "forget_source",
    "keep_response",
    "load_platforms",
    "place_reading",
    "preview_documents",
    "promote",
    "propose_thresholds",
    "prune_bands",
    "prune_discoveries",
    "prune_requests",
    "prune_responses",
    "prune_validators",
    "purge",
    "record_missed",
    "remove_mentions",
    "reopen_requests",
    "replace_index_days",
    "report_progress",
    "reread",
    "reread_name",
    "rescore",
    "save_analysis",
    "save_digests",
    "save_discoveries",
    "save_flips",
    "save_imported_file",
    "save_index_values",
    "save_platform_days",
    "save_source_days",
    "save_validators",
    "save_weights",
    "seed_industry",
    "seed_thresholds",
    "set_fact",
    "set_next_run",
    "set_source_state",
    "start_run",
    "store_documents",
    "store_readings",
    "take_request",
    "undo_correction",
    "undo_dismissal",
    "undo_promotion",
    "upsert_sources",
]
