using K8sNetfilter.Ipset;

namespace K8sNetfilter.Tests.Nodes;

/// <summary>The sets of a text.</summary>
internal sealed class PlainIpsets(string? text) : IIpsetSource
{
    public IpsetCatalog ReadIpsets(CancellationToken cancellation) => text is null ? IpsetCatalog.Unknown("ipset.txt, \"ipset save\"")
        : Parse(text);

    public IReadOnlyList<string> ReadIpsetNames(CancellationToken cancellation) => [.. ReadIpsets(cancellation).Sets.Select(s => s.Name)];

    public static IpsetCatalog Parse(string text)
    {
        var reader = new IpsetTextReader();
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            reader.Read(line);
        }

        return reader.Catalog;
    }
}
