using MySqlConnector;

namespace CouponAkka.Strategies;

/// <summary>
/// The fairest thing that a plain database can do: a conditional <c>UPDATE</c> and the <c>INSERT</c> in one round trip, by a procedure, so
/// that the row stays locked for no longer than the server needs. A refusal locks nothing.
/// </summary>
internal sealed class RecordLockOneTrip(CouponTables tables) : IStrategy
{
    public async Task<Answer> IssueAsync(long couponId, long userId)
    {
        await using var connection = await tables.ConnectAsync();
        await using var call = await CouponTables.PrepareAsync(
            connection, "CALL issue_coupon(@coupon, @user)", ("@coupon", couponId), ("@user", userId));
        return Enum.Parse<Answer>((string)(await call.ExecuteScalarAsync())!);
    }

    /// <summary>Creates the procedure, or leaves the one that is there. It needs READ COMMITTED: the second statement sees what the first waited for.</summary>
    public static async Task CreateProcedureAsync(MySqlConnection connection)
    {
        await using var create = new MySqlCommand(
            """
            CREATE PROCEDURE IF NOT EXISTS issue_coupon(p_coupon BIGINT, p_user BIGINT)
            issue: BEGIN
                DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
                -- Sold out stays sold out, so this needs no lock.
                IF NOT EXISTS (SELECT 1 FROM coupons WHERE id = p_coupon AND (total_quantity IS NULL OR issued_quantity < total_quantity)) THEN
                    SELECT IF(EXISTS (SELECT 1 FROM coupons WHERE id = p_coupon), 'SoldOut', 'NoSuchCoupon');
                    LEAVE issue;
                END IF;
                START TRANSACTION;
                UPDATE coupons SET issued_quantity = issued_quantity + 1, date_updated = CURRENT_TIMESTAMP(6)
                    WHERE id = p_coupon AND (total_quantity IS NULL OR issued_quantity < total_quantity);
                IF ROW_COUNT() = 0 THEN
                    ROLLBACK;
                    SELECT 'SoldOut';
                    LEAVE issue;
                END IF;
                INSERT INTO coupon_issues (coupon_id, user_id)
                    SELECT p_coupon, p_user FROM DUAL
                    WHERE NOT EXISTS (SELECT 1 FROM coupon_issues WHERE coupon_id = p_coupon AND user_id = p_user);
                IF ROW_COUNT() = 0 THEN
                    ROLLBACK;
                    SELECT 'Duplicate';
                    LEAVE issue;
                END IF;
                COMMIT;
                SELECT 'Issued';
            END
            """,
            connection);
        await create.ExecuteNonQueryAsync();
    }
}
