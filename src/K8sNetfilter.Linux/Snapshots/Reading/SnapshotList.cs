using System.Globalization;
using System.Text;

namespace K8sNetfilter.Snapshots.Reading;

/// <summary>
/// The list of its files that Export-NodeSnapshot writes into a snapshot, each with its size: a file that was taken out or cut short later
/// is known by it, and what was never there is known not to have been there.
/// </summary>
internal sealed class SnapshotList
{
    private const string Heading = "Files with their sizes in bytes:";
    private const string Left = "Not captured: ";

    private readonly List<string> _lost = [];

    /// <summary>True where all of the node's parts were captured.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The files that the snapshot had, and that are not there now or are shorter than they were.</summary>
    public IReadOnlyList<string> Lost => _lost;

    /// <summary>Writes the list.</summary>
    /// <param name="files">The files.</param>
    /// <param name="left">What could not be captured.</param>
    public static string Write(IEnumerable<(string Name, long Size)> files, IEnumerable<string> left)
    {
        var text = new StringBuilder();
        foreach (string line in left)
        {
            text.Append(Left).Append(line.ReplaceLineEndings(" ")).Append('\n');
        }

        text.Append(Heading).Append('\n');
        foreach (var (name, size) in files.Where(f => !f.Name.AsSpan().ContainsAnyInRange('\0', '\x1f')))
        {
            text.Append(CultureInfo.InvariantCulture, $"{size} {name}\n");
        }

        return text.ToString();
    }

    /// <summary>Reads the list, and compares it with what is there.</summary>
    /// <param name="text">The text; null if there is none.</param>
    /// <param name="sizeOf">The size of a file; null where it is not there.</param>
    public static SnapshotList Read(string? text, Func<string, long?> sizeOf)
    {
        var list = new SnapshotList();
        bool isList = false, isWhole = true;
        foreach (string line in (text ?? "").Split('\n'))
        {
            if (line == Heading)
            {
                isList = true;
            }
            else if (!isList)
            {
                isWhole &= !line.StartsWith(Left, StringComparison.Ordinal);
            }
            else if (line.IndexOf(' ') is > 0 and int blank
                && long.TryParse(line.AsSpan(0, blank), NumberStyles.None, CultureInfo.InvariantCulture, out long size)
                && !(sizeOf(line[(blank + 1)..]) >= size))
            {
                list._lost.Add(line[(blank + 1)..]);
                if (list._lost.Count == SnapshotLimits.Lost)
                {
                    break;
                }
            }
        }

        list.IsComplete = isList && isWhole && list._lost.Count == 0;
        return list;
    }
}
