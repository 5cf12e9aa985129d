using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Tests.Support;
using MySqlConnector;

namespace CouponAkka.Sharded.Tests.Database;

/// <summary>What is refused and what is warned of in the settings of a server; docs/operations.md has the same list.</summary>
public sealed class DurabilityTests : IClassFixture<TestDatabase>
{
    private static readonly Dictionary<string, string> Sound = new(StringComparer.OrdinalIgnoreCase)
    {
        ["version"] = "9.7.4",
        ["version_comment"] = "MySQL",
        ["hostname"] = "db",
        ["port"] = "3306",
        ["server_id"] = "1",
        ["server_uuid"] = "4d82f528",
        ["innodb_flush_log_at_trx_commit"] = "1",
        ["innodb_flush_method"] = "O_DIRECT",
        ["innodb_doublewrite"] = "ON",
        ["innodb_force_recovery"] = "0",
        ["log_bin"] = "ON",
        ["sync_binlog"] = "1",
        ["binlog_format"] = "ROW",
        ["foreign_key_checks"] = "ON",
        ["unique_checks"] = "ON",
        ["max_allowed_packet"] = "67108864",
        ["group_replication_consistency"] = "BEFORE_ON_PRIMARY_FAILOVER",
        ["Innodb_redo_log_enabled"] = "ON",
    };

    private readonly TestDatabase _test;

    public DurabilityTests(TestDatabase test) => _test = test;

    [Fact]
    public async Task The_server_under_test_is_sound()
    {
        await using var connection = new MySqlConnection(_test.Database.ConnectionString);
        await connection.OpenAsync();
        var settings = await ServerSettings.ReadAsync(connection);

        Assert.Empty(Durability.Refusals(settings));
        Assert.Empty(Durability.Warnings(settings));
        Assert.NotNull(settings["version"]);
        Assert.Contains(settings["port"]!, settings.Identity, StringComparison.Ordinal);
        Assert.Equal("InnoDB", settings.JournalEngine);
    }

    [Theory]
    [InlineData("innodb_flush_log_at_trx_commit", "2")]
    [InlineData("innodb_flush_log_at_trx_commit", "0")]
    [InlineData("sync_binlog", "0")]
    [InlineData("sync_binlog", "100")]
    [InlineData("innodb_flush_method", "nosync")]
    [InlineData("innodb_force_recovery", "1")]
    [InlineData("binlog_format", "STATEMENT")]
    [InlineData("unique_checks", "OFF")]
    [InlineData("foreign_key_checks", "OFF")]
    [InlineData("Innodb_redo_log_enabled", "OFF")]
    public void What_loses_what_was_acknowledged_is_refused_and_with_the_setting_warned_of(string name, string value)
    {
        var settings = new ServerSettings(With((name, value)));

        var strict = DurabilityReport.Of(settings, new DatabaseOptions());
        Assert.StartsWith(name, Assert.Single(strict.Refusals).Replace("the redo log of InnoDB", "Innodb_redo_log_enabled", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Empty(strict.Warnings);
        var lenient = DurabilityReport.Of(settings, new DatabaseOptions { RequireDurability = false });
        Assert.Empty(lenient.Refusals);
        Assert.Single(lenient.Warnings);
    }

    [Theory]
    [InlineData("innodb_flush_log_at_trx_commit", "3")]
    [InlineData("innodb_doublewrite", "1")]
    [InlineData("unique_checks", "1")]
    public void What_the_other_server_calls_it_is_sound_too(string name, string value)
    {
        Assert.Null(DurabilityReport.Of(new ServerSettings(With((name, value))), new DatabaseOptions()).Trouble);
    }

    [Fact]
    public void Without_a_binary_log_it_need_not_be_synced() =>
        Assert.Null(DurabilityReport.Of(new ServerSettings(With(("log_bin", "OFF"), ("sync_binlog", "0"))), new DatabaseOptions()).Trouble);

    [Theory]
    [InlineData("source")]
    [InlineData("master")]
    public void Semi_synchronous_replication_is_warned_of_where_it_is_not_or_no_longer(string role)
    {
        (string, string)[] sound =
        [
            ($"rpl_semi_sync_{role}_enabled", "ON"), ($"Rpl_semi_sync_{role}_status", "ON"),
            ($"rpl_semi_sync_{role}_wait_point", "AFTER_SYNC"), ($"rpl_semi_sync_{role}_timeout", "3600000"),
        ];
        Assert.Empty(Durability.Warnings(new ServerSettings(With(sound), Replicas: 1)));
        Assert.Single(Durability.Warnings(new ServerSettings(With([.. sound, ($"rpl_semi_sync_{role}_wait_point", "AFTER_COMMIT")]), Replicas: 1)));
        Assert.Single(Durability.Warnings(new ServerSettings(With([.. sound, ($"rpl_semi_sync_{role}_timeout", "10000")]), Replicas: 1)));
        Assert.Single(Durability.Warnings(new ServerSettings(With([.. sound, ($"Rpl_semi_sync_{role}_status", "OFF")]), Replicas: 1)));
        Assert.Single(Durability.Warnings(new ServerSettings(With(), Replicas: 1)));
    }

    [Fact]
    public void Servers_that_answer_before_they_have_all_are_warned_of()
    {
        var group = ("group_replication_group_name", "aaaa");
        Assert.Empty(Durability.Warnings(new ServerSettings(With(group), Replicas: 2)));
        Assert.Single(Durability.Warnings(new ServerSettings(With(group, ("group_replication_consistency", "EVENTUAL")))));
        Assert.Single(Durability.Warnings(new ServerSettings(With(group, ("group_replication_single_primary_mode", "OFF")))));
        Assert.Single(Durability.Warnings(new ServerSettings(With(("wsrep_on", "ON"), ("wsrep_sync_wait", "0")))));
        Assert.Empty(Durability.Warnings(new ServerSettings(With(("wsrep_on", "ON"), ("wsrep_sync_wait", "1")))));
    }

    [Fact]
    public void What_may_be_meant_is_warned_of()
    {
        Assert.Single(Durability.Warnings(new ServerSettings(With(("innodb_doublewrite", "OFF")))));
        Assert.Single(Durability.Warnings(new ServerSettings(With(("innodb_doublewrite", "DETECT_ONLY")))));
        Assert.Single(Durability.Warnings(new ServerSettings(With(("max_allowed_packet", "4194304")))));
        Assert.Single(Durability.Refusals(new ServerSettings(Sound, JournalEngine: "Aria")));
    }

    private static Dictionary<string, string> With(params (string Name, string Value)[] changes)
    {
        var values = new Dictionary<string, string>(Sound, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in changes)
            values[name] = value;
        return values;
    }
}
