-- additive: programs that do not know of this go on as before, and may be started again.
--
-- How far what follows from events is delivered to others: one row, and one for each entity whose events are looked at. Who finds another epoch than the
-- one he began is no longer the one who delivers.
CREATE TABLE IF NOT EXISTS reaction_position (
    id TINYINT NOT NULL,
    ordering BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    PRIMARY KEY (id)
);

INSERT IGNORE INTO reaction_position (id, ordering, epoch) VALUES (1, 0, 0);

CREATE TABLE IF NOT EXISTS reaction_progress (
    persistence_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sequence_number BIGINT NOT NULL,
    stalled_because TEXT CHARACTER SET utf8mb4 NULL,
    PRIMARY KEY (persistence_id)
);

-- When an entity is to be told that its time has passed. One that is never due has no row.
CREATE TABLE IF NOT EXISTS entity_due (
    persistence_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    due_at DATETIME(6) NOT NULL,
    PRIMARY KEY (persistence_id)
);

-- What lists show of each entity of any kind but coupons, and the number of its last event in that. Text, not JSON: MySQL would write it anew in an order
-- of its own. All of it can be made again from the journal.
CREATE TABLE IF NOT EXISTS entity_views (
    kind VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    entity_id BIGINT NOT NULL,
    sequence_number BIGINT NOT NULL,
    parked_because TEXT CHARACTER SET utf8mb4 NULL,
    view MEDIUMTEXT CHARACTER SET utf8mb4 NULL,
    PRIMARY KEY (kind, entity_id)
);

CREATE TABLE IF NOT EXISTS list_lines (
    list VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    owner BIGINT NOT NULL,
    position BIGINT NOT NULL,
    line MEDIUMTEXT CHARACTER SET utf8mb4 NOT NULL,
    PRIMARY KEY (list, owner, position)
);
