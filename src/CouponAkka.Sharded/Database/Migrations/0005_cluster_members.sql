-- additive: programs that do not know of this go on as before, and may be started again.
--
-- Who the cluster is. A node that starts joins those of the current cluster that live; if none does, one of those that start founds it anew, under
-- the lock of its row. An edge finds the nodes here.
CREATE TABLE IF NOT EXISTS cluster_now (
    one TINYINT NOT NULL,
    cluster_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL,
    founder VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL,
    founded DATETIME(6) NULL,
    PRIMARY KEY (one)
);

INSERT IGNORE INTO cluster_now (one) VALUES (1);

-- A row of each node, which it writes twice a second; the beat counts up, so that who looks twice sees that it lives without comparing clocks.
CREATE TABLE IF NOT EXISTS cluster_member (
    address VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    uid INT NOT NULL,
    roles VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    cluster_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    beat BIGINT NOT NULL,
    -- The others have removed this process from the cluster; it ends when it sees that.
    downed BOOLEAN NOT NULL DEFAULT FALSE,
    seen DATETIME(6) NOT NULL,
    PRIMARY KEY (address)
);
