using K8sNetfilter.IO;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Tests.House;

/// <summary>
/// Rooms are namespaces, and stand on floors: a room uses rooms of lower floors only, so that none is in a circle with another.
/// A new room gets a place in these lists.
/// </summary>
public sealed class FloorTests
{
    private static readonly string[][] Core =
    [
        ["", "Errors", "Text", "Logic"],
        ["Addressing", "Configuration", "Metrics"],
        ["Collections", "Modules", "Ipset", "Ipvs", "Namespaces"],
        ["Conntrack", "Sysctl", "Rulesets.Grammar"],
        ["Links", "Rulesets.Parts"],
        ["Rulesets", "Listeners"],
        ["Nftables"],
        ["Forwarding", "Hooks", "Rulesets.Reading", "Sets"],
        ["Nodes"],
        ["Services", "Readiness", "Simulation"],
        ["Baselines", "Diagnosis"],
    ];

    private static readonly string[][] Linux =
    [
        ["", "Text"],
        ["Interop"],
        ["IO"],
        ["Processes", "Metrics", "Netlink"],
        ["Namespaces"],
        ["Nftables"],
        ["Conntrack", "Links", "Modules", "Rulesets"],
        ["Ipset", "Listeners", "Services", "Sysctl"],
        ["Nodes"],
        ["Diagnosis", "Snapshots"],
        ["Baselines"],
    ];

    private static readonly string CorePath = typeof(Ruleset).Assembly.Location;
    private static readonly string LinuxPath = typeof(KernelRoot).Assembly.Location;

    [Fact]
    public void Rooms_of_Core_use_rooms_below_them() => Check(CorePath, Core);

    [Fact]
    public void Rooms_of_Linux_use_rooms_below_them() => Check(LinuxPath, Linux);

    private static void Check(string path, string[][] floors)
    {
        var found = Arrows.Of(path);
        var rooms = floors.SelectMany((names, floor) => names.Select(name => (name, floor))).ToDictionary(p => p.name, p => p.floor);
        var faults = found.Namespaces.Keys.Where(t => !rooms.ContainsKey(Room(t))).Select(t => $"{t}: its room has no floor in this list")
            .Concat(found.All.Select(a => (From: Room(a.From), To: Room(a.To), Arrow: a))
                .Where(a => a.From != a.To && rooms.GetValueOrDefault(a.From, -1) <= rooms.GetValueOrDefault(a.To, 99))
                .Select(a => $"{a.From} -> {a.To}: {Name(a.Arrow.From)} uses {Name(a.Arrow.To)}"))
            .Order().ToList();
        Assert.True(faults.Count == 0, string.Join('\n', faults));

        // The first folder, or one of its own folders that is on a floor of its own.
        string Room(string type)
        {
            string space = found.Namespaces[type];
            string room = space.StartsWith("K8sNetfilter.", StringComparison.Ordinal) ? space["K8sNetfilter.".Length..] : "";
            return rooms.Keys.Where(r => r.Length > 0 && (room == r || room.StartsWith(r + '.', StringComparison.Ordinal))).MaxBy(r => r.Length) ?? room;
        }
    }

    private static string Name(string type) => type[(type.LastIndexOf('.') + 1)..];
}
