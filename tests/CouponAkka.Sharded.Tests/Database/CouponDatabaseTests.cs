using CouponAkka.Sharded.Database;
using MySqlConnector;

namespace CouponAkka.Sharded.Tests.Database;

public sealed class CouponDatabaseTests
{
    [Fact]
    [Trait("Promise", "7")]
    public void Nothing_waits_for_a_silent_server_longer_than_the_write_time_out_and_a_second()
    {
        var settings = Settings("Server=s;Database=d", TimeSpan.FromSeconds(5));

        Assert.InRange(settings.DefaultCommandTimeout + (uint)settings.CancellationTimeout, 1u, 6u);
        Assert.InRange(settings.ConnectionTimeout, 1u, 3u);
    }

    [Fact]
    public void A_time_out_that_the_connection_string_names_is_kept()
    {
        var settings = Settings("Server=s;Database=d;Default Command Timeout=60;Connect Timeout=20", TimeSpan.FromSeconds(5));

        Assert.Equal(60u, settings.DefaultCommandTimeout);
        Assert.Equal(20u, settings.ConnectionTimeout);
    }

    [Fact]
    public void The_pool_has_a_name_and_the_size_of_the_setting_unless_the_connection_string_says_otherwise()
    {
        var settings = new MySqlConnectionStringBuilder(new CouponDatabase("Server=s;Database=d", poolSize: 12).ConnectionString);
        var own = new MySqlConnectionStringBuilder(
            new CouponDatabase("Server=s;Database=d;Max Pool Size=7;Application Name=shop", poolSize: 12).ConnectionString);

        Assert.Equal(("couponakka", 12u), (settings.ApplicationName, settings.MaximumPoolSize));
        Assert.Equal(("shop", 7u), (own.ApplicationName, own.MaximumPoolSize));
    }

    private static MySqlConnectionStringBuilder Settings(string given, TimeSpan patience) => new(new CouponDatabase(given, patience).ConnectionString);
}
