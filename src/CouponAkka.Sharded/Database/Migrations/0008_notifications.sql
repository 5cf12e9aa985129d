-- additive: programs that do not know of this go on as before, and may be started again.
--
-- The numbers of what happened, which are given out once: up to where the journal has been read, the next number, and who gives them out. Who finds
-- another epoch than the one he began is no longer the one who does.
CREATE TABLE IF NOT EXISTS notification_position (
    id TINYINT NOT NULL,
    ordering BIGINT NOT NULL,
    next_n BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    PRIMARY KEY (id)
);

INSERT IGNORE INTO notification_position (id, ordering, next_n, epoch) VALUES (1, 0, 1, 0);

-- An event has as many numbers from first_n on as things happened with it. One that could not be read has one, and says when that was.
CREATE TABLE IF NOT EXISTS numbered_events (
    first_n BIGINT NOT NULL,
    lines_of_event INT NOT NULL,
    persistence_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sequence_number BIGINT NOT NULL,
    unreadable_at DATETIME(6) NULL,
    PRIMARY KEY (first_n)
);

-- Up to which of its events each entity is numbered.
CREATE TABLE IF NOT EXISTS notification_progress (
    persistence_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sequence_number BIGINT NOT NULL,
    PRIMARY KEY (persistence_id)
);

-- To whom notifications are posted, and how far each is. Nothing can make them again: they belong into a backup, with the numbers.
CREATE TABLE IF NOT EXISTS webhooks (
    id BIGINT NOT NULL AUTO_INCREMENT,
    url TEXT CHARACTER SET utf8mb4 NOT NULL,
    kinds TEXT CHARACTER SET utf8mb4 NULL,
    secret TEXT CHARACTER SET utf8mb4 NOT NULL,
    created DATETIME(6) NOT NULL,
    delivered BIGINT NOT NULL,
    failing_since DATETIME(6) NULL,
    last_error TEXT CHARACTER SET utf8mb4 NULL,
    next_try DATETIME(6) NULL,
    PRIMARY KEY (id)
);
