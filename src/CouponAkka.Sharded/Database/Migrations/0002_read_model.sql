-- What queries read, and how far it follows the journal. All of it can be made again from the journal.
CREATE TABLE IF NOT EXISTS coupons (
    id BIGINT NOT NULL,
    title VARCHAR(255) NOT NULL,
    coupon_type VARCHAR(50) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    total_quantity BIGINT NULL,
    issued_quantity BIGINT NOT NULL,
    discount_amount BIGINT NOT NULL,
    min_available_amount BIGINT NOT NULL,
    vendor_id BIGINT NULL,
    date_issue_start DATETIME(6) NOT NULL,
    date_issue_end DATETIME(6) NOT NULL,
    date_created DATETIME(6) NOT NULL,
    date_updated DATETIME(6) NOT NULL,
    PRIMARY KEY (id)
);

-- A ticket names an issue, and does so again after the table was made anew; a number of its own would not.
CREATE TABLE IF NOT EXISTS coupon_issues (
    coupon_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    ticket BIGINT NOT NULL,
    date_issued DATETIME(6) NOT NULL,
    date_used DATETIME(6) NULL,
    date_created DATETIME(6) NOT NULL,
    date_updated DATETIME(6) NOT NULL,
    PRIMARY KEY (coupon_id, ticket),
    UNIQUE KEY coupon_issues_by_user (coupon_id, user_id),
    KEY coupon_issues_of_user (user_id, date_issued, coupon_id)
);

-- The number of the last event applied of each coupon, and why it is parked, if it is.
CREATE TABLE IF NOT EXISTS projection_progress (
    coupon_id BIGINT NOT NULL,
    sequence_number BIGINT NOT NULL,
    parked_because TEXT NULL,
    PRIMARY KEY (coupon_id)
);

-- One row: how far the journal has been read, and whose turn it is. Who finds another epoch than the one he began is no longer the writer.
CREATE TABLE IF NOT EXISTS projection_position (
    id TINYINT NOT NULL,
    ordering BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    PRIMARY KEY (id)
);

INSERT IGNORE INTO projection_position (id, ordering, epoch) VALUES (1, 0, 0);
