"""The SQL statements of the journal that are longer than a line."""

from typing import Final

from results.attempt_rows import AttemptRow

INSERT_ATTEMPT: Final = """
    INSERT INTO attempts (
        id, run_id, seq, lane, lane_seq, sender, receiver,
        app, app_version, chat, sender_region, receiver_region,
        kind, entries, text, created_at,
        sent_at, sender_state, own_text, notice, arrived_text, read_mode, arrived_at, edited_at,
        gone_at, still_there_at, observed_until, fault, fault_detail
    ) VALUES (
        :id, :run_id, :seq, :lane, :lane_seq, :sender, :receiver,
        :app, :app_version, :chat, :sender_region, :receiver_region,
        :kind, :entries, :text, :created_at,
        :sent_at, :sender_state, :own_text, :notice, :arrived_text, :read_mode,
        :arrived_at, :edited_at, :gone_at, :still_there_at, :observed_until, :fault,
        :fault_detail)"""

UPDATE_ATTEMPT: Final = """
    UPDATE attempts SET
        sent_at = :sent_at, sender_state = :sender_state, own_text = :own_text, notice = :notice,
        arrived_text = :arrived_text, read_mode = :read_mode,
        arrived_at = :arrived_at, edited_at = :edited_at, gone_at = :gone_at,
        still_there_at = :still_there_at,
        observed_until = :observed_until, fault = :fault, fault_detail = :fault_detail
    WHERE id = :id"""

UPSERT_ARRIVAL: Final = """
    INSERT INTO arrivals (
        run_id, lane, receiver, place, text, seen_at, attempt_id, read_mode, message_id)
    VALUES (:run_id, :lane, :receiver, :place, :text, :seen_at, :attempt_id, :read_mode,
        :message_id)
    ON CONFLICT (run_id, lane, receiver, place) DO UPDATE SET
        text = excluded.text, seen_at = excluded.seen_at, attempt_id = excluded.attempt_id,
        read_mode = excluded.read_mode, message_id = excluded.message_id"""

UPSERT_CURSOR: Final = """
    INSERT INTO cursors (run_id, receiver, cursor) VALUES (:run_id, :receiver, :cursor)
    ON CONFLICT (run_id, receiver) DO UPDATE SET cursor = excluded.cursor"""

UPSERT_SIGHTING: Final = """
    INSERT INTO sightings (
        attempt_id, run_id, lane, observer, receiver, receiver_region, arrived_text, read_mode,
        arrived_at, edited_at, gone_at, observed_until, fault, fault_detail
    ) VALUES (
        :attempt_id, :run_id, :lane, :observer, :receiver, :receiver_region, :arrived_text,
        :read_mode, :arrived_at, :edited_at, :gone_at, :observed_until, :fault, :fault_detail
    ) ON CONFLICT (attempt_id, observer) DO UPDATE SET
        arrived_text = excluded.arrived_text, read_mode = excluded.read_mode,
        arrived_at = excluded.arrived_at, edited_at = excluded.edited_at,
        gone_at = excluded.gone_at, observed_until = excluded.observed_until,
        fault = excluded.fault, fault_detail = excluded.fault_detail"""

SELECT_PAGE: Final = f"""
    SELECT {", ".join(AttemptRow._fields)} FROM attempts
    WHERE run_id = :run_id AND seq > :last ORDER BY seq LIMIT :page"""  # noqa: S608 - own names

# In the order of sending, without sorting: a run may have a million.
SELECT_ARRIVALS: Final = """
    SELECT lane, arrived_at FROM attempts
    WHERE run_id = :run_id AND arrived_text IS NOT NULL AND arrived_at IS NOT NULL
    ORDER BY seq"""

INSERT_VERDICT: Final = """
    INSERT INTO verdicts VALUES (
        :run_id, :place, :entry_id, :app, :app_version, :chat, :sender_region, :receiver_region,
        :verdict, :probability, :probability_low, :probability_high,
        :blocked, :delivered, :void, :unknown, :attempts, :rule_id, :rules_version,
        :pools_blocked, :pools_delivered)"""

INSERT_COMPARISON: Final = """
    INSERT INTO comparisons VALUES (:run_id, :baseline)
    ON CONFLICT (run_id) DO UPDATE SET baseline = excluded.baseline"""

INSERT_CHANGE: Final = """
    INSERT INTO changes VALUES (
        :run_id, :entry_id, :keyword, :app, :chat, :sender_region, :receiver_region, :change,
        :sentence)"""

INSERT_ALERT: Final = """
    INSERT INTO alerts VALUES (
        :channel, :run_id, :entry_id, :keyword, :app, :chat, :sender_region, :receiver_region,
        :change, :sentence, NULL)
    ON CONFLICT DO NOTHING"""

MARK_ALERT: Final = """
    UPDATE alerts SET delivered_at = :delivered_at
    WHERE channel = :channel AND run_id = :run_id AND entry_id = :entry_id AND app = :app
        AND chat = :chat AND sender_region = :sender_region
        AND receiver_region = :receiver_region AND change = :change"""
