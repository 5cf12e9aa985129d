-- additive: programs that do not know of this go on as before, and may be started again.
--
-- The journal takes only a coupon's next event. The unique key refuses a second event of a number; this refuses one whose predecessor is not there.
--
-- What it costs: the table is copied once. That takes some 10 s a million rows of 300 bytes (MariaDB 10.11, two cores, an SSD), and as much disk as the
-- journal has. Meanwhile the journal can be read but not written: people hear ISSUE_OUTCOME_UNKNOWN from Akka:WriteTimeoutSeconds on, and nobody is
-- issued anything. Choose an hour for it if the journal is big. Later each row has one entry in an index more.
-- If the journal has a hole already, nothing is changed, and --migrate says which coupon it is.
--
-- Column and key come by one statement, so both are there or none. INVISIBLE: what selects or inserts "all columns" goes on as before.
SET @statement = IF(
    EXISTS (SELECT 1 FROM information_schema.table_constraints
            WHERE constraint_schema = DATABASE() AND table_name = 'journal' AND constraint_name = 'journal_next_event'),
    'DO 0',
    'ALTER TABLE journal
        ADD COLUMN previous BIGINT GENERATED ALWAYS AS (NULLIF(sequence_number - 1, 0)) STORED INVISIBLE,
        ADD CONSTRAINT journal_next_event FOREIGN KEY (persistence_id, previous) REFERENCES journal (persistence_id, sequence_number)');
PREPARE next_event_only FROM @statement;
EXECUTE next_event_only;
DEALLOCATE PREPARE next_event_only;
