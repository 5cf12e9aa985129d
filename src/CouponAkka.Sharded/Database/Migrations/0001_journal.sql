-- The journal and its snapshots, as Akka.Persistence.Sql's "default" mapping names them. The unique key is what fences two writers of one coupon.
CREATE TABLE IF NOT EXISTS journal (
    ordering BIGINT NOT NULL AUTO_INCREMENT,
    persistence_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sequence_number BIGINT NOT NULL,
    deleted BOOLEAN NOT NULL DEFAULT FALSE,
    created BIGINT NOT NULL,
    tags VARCHAR(100) NULL,
    message LONGBLOB NOT NULL,
    identifier INT NULL,
    manifest VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NULL,
    PRIMARY KEY (ordering),
    UNIQUE KEY journal_event (persistence_id, sequence_number)
);

CREATE TABLE IF NOT EXISTS snapshot (
    persistence_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sequence_number BIGINT NOT NULL,
    created BIGINT NOT NULL,
    snapshot LONGBLOB NOT NULL,
    manifest VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NULL,
    serializer_id INT NULL,
    PRIMARY KEY (persistence_id, sequence_number)
);
