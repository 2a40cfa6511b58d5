using K8sNetfilter.IO;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Tests.House;

/// <summary>A method is read in one look: at most 60 lines. The longer ones that are here are named, so that there are never more of them.</summary>
public sealed class MethodLengthTests
{
    private const int Limit = 60;

    // How long each is now. It may only shrink: a method that has been cut leaves this list.
    private static readonly Dictionary<string, int> Longer = new()
    {
        ["Collections.OrderedParallel.Select"] = 63,
        ["Conntrack.ConntrackDecoder.ReadTuple"] = 62,
        ["Conntrack.ConntrackDecoder.TryDecode"] = 74,
        ["Conntrack.ConntrackTextWriter.Write"] = 66,
        ["Diagnosis.Probe.ServiceCall.Make"] = 74,
        ["IO.RootedPath.Follow"] = 91,
        ["Links.Iproute2.IpJsonWriter.WriteLinks"] = 67,
        ["Links.Iproute2.IpJsonWriter.WriteRules"] = 61,
        ["Links.Iproute2.IpTextReader.ReadRoutes"] = 62,
        ["Rulesets.Grammar.ExtensionTable.get_Matches"] = 74,
        ["Rulesets.Parts.ConntrackMatchParser.Conntrack"] = 65,
        ["Services.ServiceReader.Leads"] = 89,
    };

    [Fact]
    public void Methods_have_at_most_sixty_lines()
    {
        var lines = new[] { typeof(Ruleset), typeof(KernelRoot), typeof(Commands.GetNodeSysctlCommand) }
            .SelectMany(t => MethodLines.Of(t.Assembly.Location)).ToList();
        Assert.True(lines.Count > 3000, $"only {lines.Count} methods were read");
        var longer = lines.Where(m => m.Value > Limit).ToDictionary(m => m.Key, m => m.Value);
        var faults = longer.Where(m => m.Value > Longer.GetValueOrDefault(m.Key, Limit)).Select(m => $"{m.Key} has {m.Value} lines: cut it by its subjects")
            .Concat(Longer.Keys.Except(longer.Keys).Select(m => $"{m} is short now: take it out of this list")).Order().ToList();
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }
}
