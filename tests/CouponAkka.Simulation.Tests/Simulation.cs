using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;

namespace CouponAkka.Simulation.Tests;

/// <summary>A question of a client, and what became of it.</summary>
/// <param name="Reply">Null if no answer came.</param>
/// <param name="Durable">How many facts were in the journal when it ended.</param>
internal sealed record Asked(string Client, CouponCommand Command, CouponReply? Reply, long Started, long Ended, int Durable)
{
    /// <summary>It says something about the coupon.</summary>
    public bool Decides => Reply is not (null or Refused { Reason: RefusalReason.OutcomeUnknown or RefusalReason.Unavailable });

    /// <summary>Nobody knows whether anything came of it.</summary>
    public bool IsUnknown => Reply is null or Refused { Reason: RefusalReason.OutcomeUnknown };
}

/// <summary>
/// Two nodes, two edges, a journal and a few clients on one thread, in a time that is simulated. All that is random comes from the scenario's seed, so the same
/// scenario is the same history, whenever it runs.
/// </summary>
internal sealed class Simulation
{
    private const long ClientTimeout = 5 * TimeSpan.TicksPerSecond;

    // By then whatever was late or frozen has come.
    private const long Calm = 5 * TimeSpan.TicksPerSecond;
    private const long Pause = 300 * TimeSpan.TicksPerMillisecond;
    private const long AtMost = 120 * TimeSpan.TicksPerSecond;

    private readonly Scenario _scenario;
    private readonly World _world;
    private readonly Node[] _nodes;
    private readonly Edge[] _edges;
    private readonly Client[] _clients;
    private readonly List<Asked> _asked = [];
    private bool _settled;

    private Simulation(Scenario scenario, Bug bug, List<string>? story)
    {
        _scenario = scenario;
        _world = new World(scenario.Seed, bug) { Story = story };
        Journal = new Journal(_world, scenario.Exists ? new CouponCreated(scenario.Policy, Timestamp.From(World.Beginning)) : null);
        _nodes = [.. Enumerable.Range(0, Scenario.Nodes).Select(i => new Node(_world, $"node-{i}", scenario.Rates[i], WrongBy(i), Journal))];
        _edges = [.. Enumerable.Range(0, Scenario.Edges).Select(i => new Edge(
            _world, $"edge-{i}", scenario.Rates[Scenario.Nodes + i], WrongBy(Scenario.Nodes + i), _nodes[scenario.Apart ? i : 0]))];
        _clients = [.. Enumerable.Range(0, Scenario.Clients).Select(i => new Client(this, $"client-{i}"))];
    }

    public Journal Journal { get; }

    /// <summary>In the order in which the answers came.</summary>
    public IReadOnlyList<Asked> Asked => _asked;

    /// <summary>How many were refused by a copy at an edge.</summary>
    public int RefusedByCopies => _edges.Sum(edge => edge.Refused);

    /// <summary>Lets it all happen.</summary>
    /// <param name="story">Is told what happened.</param>
    /// <exception cref="TimeoutException">Somebody never learned what came of a request.</exception>
    public static Simulation Run(Scenario scenario, Bug bug = Bug.None, List<string>? story = null)
    {
        var simulation = new Simulation(scenario, bug, story);
        simulation.Run();
        return simulation;
    }

    private TimeSpan WrongBy(int process) => TimeSpan.FromMilliseconds(_scenario.Wrong[process]);

    private void Run()
    {
        foreach (var step in _scenario.Steps)
            _world.After(step.AtMilliseconds * TimeSpan.TicksPerMillisecond, () => Do(step));
        var last = _scenario.Steps.Length == 0 ? 0 : _scenario.Steps[^1].AtMilliseconds;
        _world.After((last * TimeSpan.TicksPerMillisecond) + Calm, SettleWhenCalm);
        var end = _world.Now + AtMost;
        while (!_settled && _world.Step())
        {
            if (_world.Now > end)
                throw new TimeoutException("Somebody keeps asking, and never learns what came of a request.");
        }
    }

    private void Do(Step step)
    {
        switch (step)
        {
            case Step.Ask ask:
                _clients[ask.Client].Ask(_edges[ask.Edge], ask.Command);
                break;
            case Step.Freeze freeze:
                ProcessOf(freeze.Process).Freeze(freeze.Milliseconds * TimeSpan.TicksPerMillisecond);
                break;
            case Step.Kill kill:
                ProcessOf(kill.Process).Kill();
                break;
            case Step.Move move:
                Move(move);
                break;
            case Step.Lose lose:
                ProcessOf(lose.Process).LosesNext = true;
                break;
            case Step.Disk { Trouble: Trouble.Unreadable }:
                Journal.FailsNextLook = true;
                break;
            case Step.Disk disk:
                Journal.Next = disk.Trouble;
                break;
        }
    }

    private Process ProcessOf(int number) => number < Scenario.Nodes ? _nodes[number] : _edges[number - Scenario.Nodes];

    private void Move(Step.Move move)
    {
        foreach (var edge in _edges)
        {
            _world.After(_world.Between(1, 3_000), () =>
            {
                edge.Home = _nodes[move.Node];
                _world.Tell(edge.Name, $"takes the coupon to live at {edge.Home.Name}");
            });
        }

        if (!move.HandsOver)
            return;
        foreach (var node in _nodes)
        {
            if (node != _nodes[move.Node])
                node.Later(_world.Between(1, 100), node.HandOver);
        }
    }

    private void SettleWhenCalm()
    {
        var calm = _asked.Count == 0 ? 0 : _asked[^1].Ended + Calm;
        if (_clients.Any(client => client.IsAsking))
            _world.After(Calm, SettleWhenCalm);
        else if (calm > _world.Now)
            _world.After(calm - _world.Now, SettleWhenCalm);
        else
            Settle();
    }

    // Those who were left without an answer ask until they know.
    private void Settle()
    {
        foreach (var edge in _edges)
            edge.Home = _edges[0].Home;
        var toAsk = new Queue<CouponCommand>();
        var issues = UsersOf<IssueCoupon>(command => command.UserId);
        foreach (var user in issues)
            toAsk.Enqueue(new IssueCoupon(user));
        foreach (var user in issues.Union(UsersOf<UseCoupon>(command => command.UserId)))
            toAsk.Enqueue(new FindIssue(user));
        toAsk.Enqueue(GetStatus.Instance);
        var settler = new Client(this, "settler");
        AskNext();

        void AskNext() => settler.Ask(_edges[0], toAsk.Peek(), asked =>
        {
            if (!asked.Decides)
            {
                _world.After(Pause, AskNext);
                return;
            }

            toAsk.Dequeue();
            _settled = toAsk.Count == 0;
            if (!_settled)
                AskNext();
        });

        long[] UsersOf<TCommand>(Func<TCommand, long> user) =>
            [.. _asked.Where(asked => !asked.Decides).Select(asked => asked.Command).OfType<TCommand>().Select(user).Distinct().Order()];
    }

    /// <summary>Asks one thing after the other.</summary>
    private sealed class Client(Simulation simulation, string name)
    {
        private readonly Queue<(Edge Edge, CouponCommand Command, Action<Asked>? Then)> _toAsk = [];

        public bool IsAsking { get; private set; }

        public void Ask(Edge edge, CouponCommand command, Action<Asked>? then = null)
        {
            _toAsk.Enqueue((edge, command, then));
            AskNext();
        }

        private void AskNext()
        {
            if (IsAsking || !_toAsk.TryDequeue(out var next))
                return;
            IsAsking = true;
            var world = simulation._world;
            var started = world.Now;
            var ended = false;
            world.Tell(name, $"asks {next.Edge.Name} {next.Command}");
            world.After(ClientTimeout, () => Hear(null));
            next.Edge.Later(world.Between(0.1, 5), () => next.Edge.Ask(next.Command, reply => world.After(world.Between(0.1, 5), () => Hear(reply))));

            void Hear(Reply? reply)
            {
                if (ended)
                    return;
                ended = true;
                var asked = new Asked(name, next.Command, (CouponReply?)reply, started, world.Now, simulation.Journal.Facts.Count);
                simulation._asked.Add(asked);
                world.Tell(name, $"hears {reply?.ToString() ?? "nothing"}");
                IsAsking = false;
                next.Then?.Invoke(asked);
                AskNext();
            }
        }
    }
}
