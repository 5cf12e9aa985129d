using Akka.Actor;
using Akka.Hosting;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Operations;
using Microsoft.Extensions.DependencyInjection;
using Petabridge.Cmd;
using Petabridge.Cmd.Cluster;
using Petabridge.Cmd.Cluster.Sharding;
using Petabridge.Cmd.Host;
using Petabridge.Cmd.Remote;

// All that needs Petabridge.Cmd (https://cmd.petabridge.com), which is free and whose source is closed. The project leaves this file out where the
// package can't be had; what our commands say is in OperatorCommands.
namespace CouponAkka.Sharded
{
    public static partial class CouponCluster
    {
        static partial void AddPetabridgeCmd(AkkaConfigurationBuilder akka, IServiceProvider provider, PbmOptions options) => akka
            .AddHocon($$"""petabridge.cmd { host = "{{options.Host}}", port = {{options.Port}} }""", HoconAddMode.Prepend)
            .AddPetabridgeCmd(pbm =>
            {
                pbm.RegisterCommandPalette(ClusterCommands.Instance);
                pbm.RegisterCommandPalette(ClusterShardingCommands.Instance);
                pbm.RegisterCommandPalette(new RemoteCommands());
                var commands = new OperatorCommands(
                    provider.GetRequiredService<CouponDatabase>(), ActorRegistry.For(pbm.Sys).Get<CouponActor>());
                pbm.RegisterCommandPalette(new PaletteHandler(CouponPalette.Palette, Props.Create(() => new CouponPalette(commands))));
                pbm.RegisterCommandPalette(new PaletteHandler(ProjectionPalette.Palette, Props.Create(() => new ProjectionPalette(commands))));
            });
    }
}

namespace CouponAkka.Sharded.Operations
{
    internal sealed class PaletteHandler(CommandPalette palette, Props handler) : CommandPaletteHandler(palette)
    {
        public override Props HandlerProps { get; } = handler;
    }

    /// <summary><c>pbm coupon status --id 42</c>, <c>pbm coupon list</c>.</summary>
    internal sealed class CouponPalette : CommandHandlerActor
    {
        private static readonly CommandDefinition Status = new CommandDefinitionBuilder()
            .WithName("status")
            .WithDescription("A coupon's state, as the coupon itself and as the read model have it.")
            .WithArgument(argument => argument.WithName("id").WithDescription("The coupon's id.").IsMandatory(true).WithSwitch("-i").WithSwitch("--id"))
            .Build();

        private static readonly CommandDefinition List = new CommandDefinitionBuilder()
            .WithName("list")
            .WithDescription("The coupons of the read model, by id.")
            .WithArgument(argument => argument
                .WithName("after").WithDescription("List only ids above this one.").IsMandatory(false).WithSwitch("-a").WithSwitch("--after"))
            .Build();

        public static readonly CommandPalette Palette = new("coupon", [Status, List]);

        public CouponPalette(OperatorCommands commands)
            : base(Palette)
        {
            Process(Status.Name, command => command.Answer(Sender, Status, "id", commands.CouponStatusAsync));
            Process(List.Name, command => command.Answer(Sender, List, "after", commands.CouponListAsync));
        }
    }

    /// <summary><c>pbm projection status</c>, <c>pbm projection rebuild</c>.</summary>
    internal sealed class ProjectionPalette : CommandHandlerActor
    {
        private static readonly CommandDefinition Status = new CommandDefinitionBuilder()
            .WithName("status").WithDescription("How far the read model follows the journal.").Build();

        private static readonly CommandDefinition Rebuild = new CommandDefinitionBuilder()
            .WithName("rebuild").WithDescription("Empties the read model; the cluster rebuilds it from the journal while issuing goes on.").Build();

        public static readonly CommandPalette Palette = new("projection", [Status, Rebuild]);

        public ProjectionPalette(OperatorCommands commands)
            : base(Palette)
        {
            Process(Status.Name, _ => commands.ProjectionStatusAsync().Answer(Sender));
            Process(Rebuild.Name, _ => commands.ProjectionRebuildAsync().Answer(Sender));
        }
    }

    internal static class Answers
    {
        /// <summary>Answers with what comes of <paramref name="ask"/> for the number that the argument gives, 0 if it is left out.</summary>
        public static void Answer(this Command command, IActorRef sender, CommandDefinition definition, string argument, Func<long, Task<string>> ask)
        {
            var given = command.Arguments.SingleOrDefault(pair => definition.ArgumentsByName[argument].Switch.Contains(pair.Item1))?.Item2 ?? "0";
            if (long.TryParse(given, System.Globalization.CultureInfo.InvariantCulture, out var number) && number >= 0)
                ask(number).Answer(sender);
            else
                sender.Tell(new ErroredCommandResponse($"{argument}: '{given}' is no coupon's id."));
        }

        public static void Answer(this Task<string> answer, IActorRef sender) => answer.PipeTo(
            sender,
            success: lines => new CommandResponse(lines),
            failure: cause => new ErroredCommandResponse((cause.GetBaseException() as CommandFailedException ?? cause).Message));
    }
}
