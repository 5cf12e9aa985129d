-- additive: programs that do not know of this go on as before, and may be started again.
--
-- Whether issuing is stopped; and how far the read model is but for holes that nobody need wait for, so that who reads after an answer can wait for it.
SET @statement = IF(
    EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'coupons' AND column_name = 'stopped'),
    'DO 0',
    'ALTER TABLE coupons ADD COLUMN stopped BOOLEAN NOT NULL DEFAULT FALSE');
PREPARE coupon_stopped FROM @statement;
EXECUTE coupon_stopped;
DEALLOCATE PREPARE coupon_stopped;

SET @statement = IF(
    EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'projection_position' AND column_name = 'settled'),
    'DO 0',
    'ALTER TABLE projection_position ADD COLUMN settled BIGINT NOT NULL DEFAULT 0');
PREPARE projection_settled FROM @statement;
EXECUTE projection_settled;
DEALLOCATE PREPARE projection_settled;
