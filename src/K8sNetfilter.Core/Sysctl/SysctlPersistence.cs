using K8sNetfilter.Text;

namespace K8sNetfilter.Sysctl;

/// <summary>Where a line has to be so that it decides a key's value after the boot: systemd-sysctl takes files in the order of their names, sysctl.d(5).</summary>
internal static class SysctlPersistence
{
    private const string Folder = "/etc/sysctl.d/";

    // Set-NodeSysctl's own file, and one that comes after nearly all others.
    private const string Default = "k8s.conf", Last = "zz-k8s.conf";

    /// <summary>The -Path for Set-NodeSysctl, or what to change by hand. Both are null if its default file will do.</summary>
    /// <param name="name">The key's dotted name.</param>
    /// <param name="boot">The line that decides now; null if no line does.</param>
    /// <param name="writer">The program that writes it after systemd-sysctl; null if none does.</param>
    public static (string? Path, string? ByHand) Of(string name, SysctlDecision? boot, LaterSysctl? writer)
    {
        // A line that names a key outranks a pattern, whatever the order.
        if (boot is null || boot.By.IsPattern || boot.By.Source.Line == 0)
        {
            return (null, null);
        }

        string file = boot.By.Source.File, shown = Printable.Text(file);
        if (writer is { LeavesFiles: false })
        {
            return (null, SysctlMessages.ChangeAfterProgram(name, boot.By.Source, Printable.Text(writer.Program)));
        }

        string basename = file[(file.LastIndexOf('/') + 1)..];
        if (writer is not null || string.CompareOrdinal(basename, Default) < 0 || file == Folder + Default)
        {
            return (null, null);
        }

        return file.StartsWith(Folder, StringComparison.Ordinal) ? (CommandWord(file), null)
            : string.CompareOrdinal(basename, Last) < 0 ? (Folder + Last, null)
            : (null, SysctlMessages.ChangeInLastFile(name, shown));
    }

    // A file's name is anybody's: it must not be able to end the command line that it is printed in.
    private static string CommandWord(string file) =>
        file.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '-' or '_' or '.' or '@') ? file : $"'{Printable.Text(file).Replace("'", "''", StringComparison.Ordinal)}'";
}
