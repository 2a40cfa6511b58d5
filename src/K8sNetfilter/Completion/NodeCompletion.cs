using System.Collections;
using System.Management.Automation;
using K8sNetfilter.Nodes;
using K8sNetfilter.Text;

namespace K8sNetfilter.Completion;

/// <summary>
/// Completes names of what the command line's own node has. A prompt must not hang and Tab shows no errors: what is found within the patience
/// is offered, whatever the node or file is, and of a broken one nothing.
/// </summary>
internal static class NodeCompletion
{
    /// <summary>How long Tab may take.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // More than this is no help on a screen.
    private const int Most = 500;

    /// <summary>Reads names, and gives each back through the action.</summary>
    internal delegate void Reading(INode node, Action<string> found, CancellationToken stop);

    /// <summary>Completes from a node.</summary>
    /// <param name="bound">The parameters that the command line has so far.</param>
    /// <param name="typed">The word so far.</param>
    /// <param name="read">Reads the names of a node.</param>
    /// <param name="readDump">Reads those of one file of -Path; left out where -Path names something else than what is read.</param>
    /// <param name="stem">Makes of a word what it is compared by; left out: as it is.</param>
    internal static IEnumerable<CompletionResult> Complete(
        IDictionary? bound, string? typed, Reading read, Action<string, Action<string>, CancellationToken>? readDump = null, Func<string, string>? stem = null)
    {
        string start = (typed ?? "").Trim('\'', '"');
        start = stem?.Invoke(start) ?? start;
        var found = new SortedSet<string>(StringComparer.Ordinal);
        bool isOver = false;
        void Find(string name)
        {
            // A name with what a terminal obeys could not be typed, and would not show as it is.
            if (name.Length > 0 && name.StartsWith(start, StringComparison.OrdinalIgnoreCase) && Printable.Text(name) == name)
            {
                lock (found)
                {
                    if (!isOver && found.Count < Most)
                    {
                        found.Add(name);
                    }
                }
            }
        }

        var named = NamedNode.Of(bound);
        if (named.IsContradiction)
        {
            named.Dispose();
            return [];
        }

        var stop = new CancellationTokenSource(Patience);
        // A thread of its own: not every reader looks at the token as often as a prompt must come back.
        var reader = new Thread(() =>
        {
            using (named)
            using (stop)
            {
                Read(named, read, readDump, Find, stop.Token);
            }
        })
        { IsBackground = true, Name = "completion" };
        reader.Start();
        reader.Join(Patience + TimeSpan.FromMilliseconds(200));
        lock (found)
        {
            isOver = true;
        }

        return WordCompletion.Complete(found, null);
    }

    private static void Read(
        NamedNode named, Reading read, Action<string, Action<string>, CancellationToken>? readDump, Action<string> found, CancellationToken stop)
    {
        try
        {
            if (named.Dumps is null || readDump is null)
            {
                read(named.Open(stop), found, stop);
                return;
            }

            foreach (string file in named.Dumps)
            {
                readDump(file, found, stop);
            }
        }
#pragma warning disable CA1031 // Whatever it is: on this thread it would end PowerShell.
        catch (Exception)
#pragma warning restore CA1031
        {
            // Completion shows no errors; what was found before is shown.
        }
    }
}
