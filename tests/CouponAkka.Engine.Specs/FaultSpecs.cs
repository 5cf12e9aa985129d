using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using MySqlConnector;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>One after the other and alone: these say for how long nobody is answered, and a second engine on the same cores would lengthen it.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Faults
{
    public const string Name = "Faults";
}

/// <summary>A running cluster that breaks under a <see cref="MixedLoad"/>. Each spec leaves it whole.</summary>
public abstract class FaultSpecs(ClusterEngine engine, ITestOutputHelper report) : EngineSpecs<ClusterEngine>(engine, report)
{
    /// <summary>How long a write may take before it has failed; the default of <c>Akka:WriteTimeoutSeconds</c>.</summary>
    protected static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(5);

    // The figures that are promised are held on a quiet machine; elsewhere only what no engine that keeps them could miss.
    protected static readonly bool IsQuiet = Environment.GetEnvironmentVariable("LONG") == "1";

    /// <summary>What comes on top of a fault until all is well again.</summary>
    protected static readonly TimeSpan Margin = TimeSpan.FromSeconds(IsQuiet ? 1 : 3);

    /// <summary>How long a change of a closed coupon may wait for edges that refuse for it.</summary>
    protected static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    private static readonly double SteadyRate = IsQuiet ? 0.8 : 0.5;

    public override Task InitializeAsync() => Task.CompletedTask;

    /// <summary>
    /// Breaks something under load, says what that did to whom, repairs it, and audits all that was told (promises 1 … 8 and 18).
    /// </summary>
    protected async Task<Impact> UnderLoadAsync(string name, Func<MixedLoad, Task<Fault>> plan)
    {
        await using var load = await BeginAsync();
        var fault = await plan(load);
        await load.DuringAsync(fault.Happens);
        var impact = load.Report(name, fault.Hit);
        await fault.Repair();
        await load.EndAsync();
        await load.AuditAsync();
        return impact;
    }

    protected Task<MixedLoad> BeginAsync() => MixedLoad.BeginAsync(CreateCouponAsync, () => Client, Report);

    /// <summary>Promise 10, by number.</summary>
    protected static void AssertOthersNoticeNothing(Impact impact)
    {
        Assert.InRange(impact.OthersSilence, TimeSpan.Zero, Margin);
        Assert.InRange(impact.ChangedSilence, TimeSpan.Zero, Margin + Lease);
        Assert.Equal(0, impact.OthersUnknown);
        Assert.InRange(impact.OthersRate, SteadyRate, double.MaxValue);
    }

    protected async Task<IReadOnlyList<CouponUnderLoad>> OwnedByAsync(MixedLoad load, string node, string? edge = null)
    {
        var owned = new List<CouponUnderLoad>();
        foreach (var coupon in load.Coupons)
        {
            if (await Engine.OwnerAsync(coupon.CouponId, edge) == node)
                owned.Add(coupon);
        }

        return owned;
    }

    protected static Func<Task> Nothing => () => Task.CompletedTask;

    /// <summary>Says what a process told that was asked directly; whether it was true, the audit finds.</summary>
    protected void ReportAnswers(string who, IReadOnlyList<Operation> answers)
    {
        var kinds = answers.GroupBy(answer => answer.Told.GetType().Name).OrderBy(kind => kind.Key).Select(kind => $"{kind.Count()} {kind.Key}");
        Report.WriteLine($"ANSWERS of {who}: {answers.Count}: {string.Join(", ", kinds)}");
    }

    protected static async Task ExecuteAsync(MySqlConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    protected static async Task<T> ReadAsync<T>(MySqlConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (T)Convert.ChangeType((await command.ExecuteScalarAsync())!, typeof(T), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <param name="Hit">The coupons that it may hold up.</param>
    protected sealed record Fault(IReadOnlyList<CouponUnderLoad> Hit, Func<Task> Happens, Func<Task> Repair);

    /// <summary>Takes for dead who is silent, as soon as it does by default.</summary>
    public abstract class Watchful(ClusterEngine engine) : IAsyncLifetime
    {
        public ClusterEngine Engine { get; } = engine;

        public Task InitializeAsync()
        {
            Engine.Environment.Clear();
            return Engine.StartAsync();
        }

        public async Task DisposeAsync() => await Engine.DisposeAsync();
    }
}
