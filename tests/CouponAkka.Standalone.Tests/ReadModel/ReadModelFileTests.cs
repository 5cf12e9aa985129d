using CouponAkka.Engine;
using CouponAkka.Standalone.Journal;
using CouponAkka.Standalone.Projection;
using CouponAkka.Standalone.ReadModel;
using CouponAkka.Standalone.Tests.Support;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Standalone.Tests.ReadModel;

public sealed class ReadModelFileTests : IDisposable
{
    private readonly TempDirectory _data = new();
    private readonly LogLines<ProjectionLoop> _log = new();

    public ReadModelFileTests() => SQLitePCL.Batteries_V2.Init();

    public void Dispose() => _data.Dispose();

    public static TheoryData<string, string> Useless => new()
    {
        { "begun beside another journal", "begun beside another journal" },
        { "another version", "its schema is 99" },
        { "no database", "not a database" },
        { "first page overwritten", "malformed|not a database" },
        { "position overwritten", "malformed|not a database" },
    };

    [Theory]
    [MemberData(nameof(Useless))]
    [Trait("Promise", "11")]
    public async Task A_read_model_that_is_of_no_use_is_made_anew_with_a_warning(string what, string reason)
    {
        await FillAsync();
        var before = DatabaseFile.DumpReadModel(_data.ReadModel);
        Spoil(what);

        await using var engine = new EngineInProcess(_data);
        await engine.ProjectedAsync();

        Assert.Equal(before, DatabaseFile.DumpReadModel(_data.ReadModel));
        Assert.True(
            reason.Split('|').Any(part => engine.ProjectionLog.Has(LogLevel.Warning, _data.ReadModel, "made anew", part)), engine.ProjectionLog.ToString());
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task A_read_model_that_is_ahead_of_the_journal_stops_the_start_and_is_left_as_it_is()
    {
        await FillAsync();
        var before = DatabaseFile.DumpReadModel(_data.ReadModel);
        DatabaseFile.Execute(_data.Journal, "DELETE FROM events WHERE ordering = (SELECT max(ordering) FROM events)");
        using var journal = EventJournal.Open(_data.Journal);

        var refused = Assert.Throws<StartupException>(() => ReadModelFile.Open(_data.ReadModel, journal, _log));

        Assert.Contains($"ends at event {journal.LastOrdering}, but the read model has seen event {journal.LastOrdering + 1}", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"delete {_data.ReadModel}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, DatabaseFile.DumpReadModel(_data.ReadModel));
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task Another_shops_journal_stops_the_start_and_the_read_model_is_left_as_it_is()
    {
        await FillAsync();
        var before = DatabaseFile.DumpReadModel(_data.ReadModel);
        TempDirectory.DeleteDatabase(_data.Journal);
        using var journal = EventJournal.Open(_data.Journal);
        journal.Append([.. Enumerable.Range(1, 20).Select(couponId => Events.Coupon(couponId))]);

        var refused = Assert.Throws<StartupException>(() => ReadModelFile.Open(_data.ReadModel, journal, _log));

        Assert.Contains("The journal is not the one that the read model has seen", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"delete {_data.ReadModel}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, DatabaseFile.DumpReadModel(_data.ReadModel));
    }

    [Theory]
    [InlineData("deleted")]
    [InlineData("emptied")]
    [Trait("Promise", "3")]
    public async Task A_journal_that_is_gone_stops_the_start_as_long_as_the_read_model_remembers_it(string how)
    {
        await FillAsync();
        var before = DatabaseFile.DumpReadModel(_data.ReadModel);
        TempDirectory.DeleteDatabase(_data.Journal);
        if (how == "emptied")
            File.WriteAllBytes(_data.Journal, []);
        using var journal = EventJournal.Open(_data.Journal);

        var refused = Assert.Throws<StartupException>(() => ReadModelFile.Open(_data.ReadModel, journal, _log));

        Assert.Contains($"delete {_data.ReadModel}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, DatabaseFile.DumpReadModel(_data.ReadModel));
    }

    [Fact]
    public async Task What_a_user_holds_is_read_in_the_order_of_an_index()
    {
        await FillAsync();

        var plan = string.Join('\n', DatabaseFile.Rows(
            _data.ReadModel,
            "EXPLAIN QUERY PLAN " + SqliteReadModel.IssuesOfUser.Replace("$0", "1").Replace("$1", "2").Replace("$2", "3").Replace("$3", "4")));

        Assert.Contains("USING INDEX coupon_issues_of_user (user_id=? AND (date_issued,coupon_id)<(?,?))", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
    }

    private async Task FillAsync()
    {
        await using var engine = new EngineInProcess(_data);
        await engine.CreateAsync(7, 10);
        await engine.IssueAsync(7, 1);
        await engine.ProjectedAsync();
    }

    private void Spoil(string what)
    {
        switch (what)
        {
            case "begun beside another journal":
                DatabaseFile.Execute(
                    _data.ReadModel,
                    "UPDATE projection_position SET journal_id = 'another', ordering = 0; DELETE FROM coupons; DELETE FROM coupon_issues; DELETE FROM projection_progress");
                break;
            case "another version":
                DatabaseFile.Execute(_data.ReadModel, "PRAGMA user_version = 99; DROP TABLE coupon_issues");
                break;
            case "no database":
                File.WriteAllText(_data.ReadModel, string.Concat(Enumerable.Repeat("This is a letter to my grandmother. ", 500)));
                break;
            case "first page overwritten":
                DatabaseFile.OverwritePage(_data.ReadModel, 1, 0xA5);
                break;
            case "position overwritten":
                DatabaseFile.OverwriteRootPage(_data.ReadModel, "projection_position", 0xA5);
                break;
        }
    }
}
