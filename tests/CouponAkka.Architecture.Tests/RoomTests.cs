using ArchUnitNET.Domain;
using ArchUnitNET.Loader;

namespace CouponAkka.Architecture.Tests;

/// <summary>Which folder of a project may know which.</summary>
public sealed class RoomTests
{
    private static readonly ArchUnitNET.Domain.Architecture Code = new ArchLoader()
        .LoadFilteredDirectory(Repository.BuildOf("CouponAkka.Standalone"), "CouponAkka.*.dll").Build();

    [Theory]
    [InlineData("Http")]
    [InlineData("Identity", "Http")]
    [InlineData("OpenApi", "Http", "Identity")]
    public void A_room_that_serves_every_entity_knows_none(string room, params string[] below) => Violations.None(
        Arrows("CouponAkka.Api").Where(arrow => arrow.From == room && !below.Contains(arrow.To)).Select(arrow => arrow.Because).Concat(EntitiesIn(room)));

    [Fact]
    public void The_rooms_of_the_API_know_each_other_one_way_only_and_nobody_knows_where_they_are_put_together()
    {
        var arrows = Arrows("CouponAkka.Api").ToLookup(arrow => arrow.From);
        Violations.None(arrows.Where(room => room.Key != "").SelectMany(room => room).Where(arrow => arrow.To == "" || Leads(arrow.To, arrow.From, []))
            .Select(arrow => arrow.Because));

        bool Leads(string from, string to, HashSet<string> seen) =>
            seen.Add(from) && arrows[from].Any(arrow => arrow.To == to || Leads(arrow.To, to, seen));
    }

    [Fact]
    public void Of_the_standalone_engine_only_its_program_knows_HTTP() =>
        Violations.None(TypesOf("CouponAkka.Standalone").Where(type => Room(type, "CouponAkka.Standalone") != "")
            .SelectMany(type => type.Dependencies
                .Where(dependency => IsOf(dependency.Target, "CouponAkka.Api") || IsOf(dependency.Target, "Microsoft.AspNetCore"))
                .Select(dependency => $"{type.FullName} -> {dependency.Target.FullName}")));

    /// <summary>From room to room of a project, each with the types for whose sake; its root is a room without a name.</summary>
    private static IEnumerable<(string From, string To, string Because)> Arrows(string project) =>
        from type in TypesOf(project)
        from dependency in type.Dependencies
        let target = dependency.Target
        // The loader takes the parameter of a generic method for that of another with the same name, as generated code has.
        where IsOf(target, project) && target is not GenericParameter
        let arrow = (From: Room(type, project), To: Room(target, project), Because: $"{type.FullName} -> {target.FullName}")
        where arrow.From != arrow.To
        select arrow;

    // A folder of the domain is an entity; what all of them use lies beside the folders.
    private static IEnumerable<string> EntitiesIn(string room) =>
        from type in TypesOf("CouponAkka.Api")
        where Room(type, "CouponAkka.Api") == room
        from dependency in type.Dependencies
        where NamespaceOf(dependency.Target).StartsWith("CouponAkka.Domain.", StringComparison.Ordinal)
        select $"{type.FullName} -> {dependency.Target.FullName}";

    private static IEnumerable<IType> TypesOf(string project) => Code.Types.Where(type => IsOf(type, project));

    private static bool IsOf(IType type, string project) =>
        NamespaceOf(type) is var name && (name == project || name.StartsWith(project + ".", StringComparison.Ordinal));

    private static string Room(IType type, string project) => NamespaceOf(type)[project.Length..].TrimStart('.').Split('.')[0];

    // The parameter of a generic type has none.
    private static string NamespaceOf(IType type) => type.Namespace?.FullName ?? "";
}
