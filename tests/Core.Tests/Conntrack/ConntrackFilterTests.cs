using K8sNetfilter.Addressing;
using K8sNetfilter.Conntrack;

namespace K8sNetfilter.Tests.Conntrack;

public sealed class ConntrackFilterTests
{
    private const string Line =
        "tcp      6 117 SYN_SENT src=10.244.0.2 dst=10.96.0.10 sport=38616 dport=80 [UNREPLIED] src=10.244.0.3 dst=10.244.0.2 sport=8080 dport=38616 mark=16385 zone=7";

    public static TheoryData<string, bool> Cases { get; } = new()
    {
        { "", true }, { "family=4", true }, { "family=6", false }, { "protocol=tcp", true }, { "protocol=udp", false }, { "protocol=udp,tcp", true },
        { "source=10.244.0.0/16", true }, { "source=10.244.0.2", true }, { "source=10.244.0.3", false }, { "source=::/0", false },
        { "source=10.244.0.3,10.244.0.2", true }, { "destination=10.96.0.0/12", true }, { "destination=10.95.0.10", false },
        { "replysource=10.244.0.3", true }, { "replysource=10.96.0.10", false }, { "sport=38616", true }, { "sport=80", false },
        { "dport=443,80", true }, { "dport=8080", false }, { "state=SYN_SENT", true }, { "state=SynSent", true }, { "state=established", false },
        { "mark=16385", true }, { "mark=0x4000/0x4000", true }, { "mark=0x4000", false }, { "mark=0/0x8000", true }, { "zone=7", true },
        { "zone=0", false }, { "unreplied=true", true }, { "unreplied=false", false }, { "translated=true", true }, { "translated=false", false },
        { "protocol=tcp;source=10.244.0.2;dport=80;unreplied=true", true }, { "protocol=tcp;source=10.244.0.2;dport=81;unreplied=true", false },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_criterion_of_the_filter_decides(string criteria, bool expected)
    {
        Assert.True(ConntrackText.TryParse(Line, out var record, out _));
        Assert.Equal(expected, Make(criteria).Matches(record));
    }

    [Theory]
    [InlineData("icmp     1 29 src=10.0.0.1 dst=10.0.0.2 type=0 code=80 id=80 src=10.0.0.2 dst=10.0.0.1 type=0 code=80 id=80")]
    [InlineData("gre      47 29 src=10.0.0.1 dst=10.0.0.2 srckey=0x50 dstkey=0x50 src=10.0.0.2 dst=10.0.0.1 srckey=0x50 dstkey=0x50")]
    public void A_port_is_never_an_ICMP_identifier_or_a_GRE_key(string line)
    {
        Assert.True(ConntrackText.TryParse(line, out var record, out _));
        Assert.False(Make("dport=80").Matches(record));
        Assert.False(Make("sport=80").Matches(record));
        Assert.False(Make("state=NONE").Matches(record));
    }

    [Theory]
    [InlineData("16384", 16384u, uint.MaxValue)]
    [InlineData("0x4000", 0x4000u, uint.MaxValue)]
    [InlineData("0x4000/0xF000", 0x4000u, 0xf000u)]
    [InlineData("0/1", 0u, 1u)]
    public void A_mark_has_a_value_and_perhaps_a_mask(string text, uint value, uint mask)
    {
        Assert.True(ConntrackFilter.TryParseMark(text, out uint readValue, out uint readMask));
        Assert.Equal((value, mask), (readValue, readMask));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("1/")]
    [InlineData("/1")]
    [InlineData("0x100000000")]
    // No entry could match: what was meant was another mask.
    [InlineData("3/1")]
    public void A_mark_that_makes_no_sense_is_refused(string text) => Assert.False(ConntrackFilter.TryParseMark(text, out _, out _));

    internal static ConntrackFilter Make(string criteria)
    {
        var values = criteria.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(c => c.Split('=')).ToDictionary(c => c[0], c => c[1]);
        string[] List(string key) => values.TryGetValue(key, out string? text) ? text.Split(',') : [];
        AddressPrefix[] Prefixes(string key) => [.. List(key).Select(t => AddressPrefix.TryParse(t, out var p) ? p : throw new FormatException(t))];
        uint value = 0, mask = uint.MaxValue;
        bool hasMark = values.TryGetValue("mark", out string? mark) && ConntrackFilter.TryParseMark(mark, out value, out mask);
        return new ConntrackFilter
        {
            Family = values.TryGetValue("family", out string? family) ? Enum.Parse<IPFamily>(family) : IPFamily.Unspecified,
            Protocols = [.. List("protocol").Select(t => IPProtocolName.TryParse(t, out byte p) ? p : throw new FormatException(t))],
            Sources = Prefixes("source"),
            Destinations = Prefixes("destination"),
            ReplySources = Prefixes("replysource"),
            SourcePorts = [.. List("sport").Select(ushort.Parse)],
            DestinationPorts = [.. List("dport").Select(ushort.Parse)],
            States = List("state"),
            Mark = hasMark ? value : null,
            MarkMask = mask,
            Zone = values.TryGetValue("zone", out string? zone) ? ushort.Parse(zone) : null,
            Unreplied = values.TryGetValue("unreplied", out string? unreplied) ? bool.Parse(unreplied) : null,
            Translated = values.TryGetValue("translated", out string? translated) ? bool.Parse(translated) : null,
        };
    }
}
