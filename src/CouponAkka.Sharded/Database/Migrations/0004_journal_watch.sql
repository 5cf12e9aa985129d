-- additive: programs that do not know of this go on as before, and may be started again.
--
-- A row of each node, which it writes each second: so a journal that can't be written, and one that has lost its end, are noticed.
CREATE TABLE IF NOT EXISTS journal_watch (
    node VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    beat BIGINT NOT NULL,
    written DATETIME(6) NOT NULL,
    PRIMARY KEY (node)
);
