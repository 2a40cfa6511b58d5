using K8sNetfilter.Text;

namespace K8sNetfilter.Nodes;

/// <summary>
/// How a command line names the node that an answer is about: what is printed for <c>-NetNamespace</c>, <c>-Root</c> or <c>-Snapshot</c> must act on
/// that node, and on no other.
/// </summary>
public sealed record CommandPlace
{
    private const string ThisHost = "$(hostname)";

    /// <summary>The node that the command line is typed on.</summary>
    public static CommandPlace Here { get; } = new();

    /// <summary>The folder that <c>-Root</c> named; null for this machine.</summary>
    public string? Root { get; init; }

    /// <summary>True where <see cref="Root"/> is the file system of the node whose kernel runs here.</summary>
    public bool IsHost { get; init; }

    /// <summary>What <c>-NetNamespace</c> named; null for the namespace that the command line is typed in.</summary>
    public string? NetNamespace { get; init; }

    /// <summary>The file of that namespace, for nsenter(1).</summary>
    public string? NamespacePath { get; init; }

    /// <summary>What <c>-Snapshot</c> named; null for a node that can be changed from here.</summary>
    public string? Snapshot { get; init; }

    /// <summary>The name of the node that a snapshot was taken of; null where it does not say.</summary>
    public string? Host { get; init; }

    /// <summary>The node's name for kubectl(1).</summary>
    public string NodeName => Snapshot is null ? ThisHost : IsWord(Host) ? Host! : "<node>";

    /// <summary><c> -Persist</c> where the node's own files are meant: those of this machine say nothing of another namespace's parameters.</summary>
    public string Persist => NetNamespace is null ? " -Persist" : "";

    /// <summary>A cmdlet of this module that changes the node, or that needs it to run.</summary>
    public string Cmdlet(string command) => InNamespace(command + (Root is null ? "" : $" -Root {Quote(Root)}"));

    /// <summary>A cmdlet of this module that is about the whole machine, and has no -NetNamespace.</summary>
    public string MachineCmdlet(string command) => command + (Root is null ? "" : $" -Root {Quote(Root)}");

    /// <summary>A cmdlet of this module that only reads: it reads the snapshot too.</summary>
    public string Look(string command) => Snapshot is null ? InNamespace(command) : $"{command} -Snapshot {Quote(Snapshot)}";

    /// <summary>A tool that acts on the network of the namespace that it runs in, as ip(8).</summary>
    public string Tool(string command) => NamespacePath is null ? command : $"nsenter --net={ShellQuote(NamespacePath)} {command}";

    /// <summary>A line of commands that are to be run on the node itself.</summary>
    public string On(string line) => Snapshot is null ? line : IsWord(Host) ? NodeMessages.OnNode(Host, line) : NodeMessages.OnSnapshotsNode(line);

    /// <summary>The command line of a component's restart, with the node's name.</summary>
    public string Cluster(string command)
    {
        ArgumentNullException.ThrowIfNull(command);
        return Snapshot is null ? command : command.Replace(ThisHost, NodeName, StringComparison.Ordinal);
    }

    /// <summary>True for a name that can stand in a command line as it is: names on a node are anybody's, and must not be able to end it.</summary>
    public static bool IsWord(string? name) => name is { Length: > 0 } && name[0] != '-' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '@');

    private string InNamespace(string command) => NetNamespace is null ? command : $"{command} -NetNamespace {Quote(NetNamespace)}";

    private static bool IsPlain(string text) => text is { Length: > 0 } && text[0] != '-' && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '@' or '/' or ':' or '+' or ',');

    // As PowerShell quotes, and as sh(1) does.
    private static string Quote(string text) => IsPlain(text) ? text : $"'{Printable.Text(text).Replace("'", "''", StringComparison.Ordinal)}'";

    private static string ShellQuote(string text) => IsPlain(text) ? text : $"'{Printable.Text(text).Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
