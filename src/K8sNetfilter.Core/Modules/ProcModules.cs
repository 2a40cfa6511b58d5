using System.Globalization;

namespace K8sNetfilter.Modules;

/// <summary>The text of /proc/modules (proc_modules(5); <c>m_show()</c> in kernel/module/procfs.c).</summary>
public static class ProcModules
{
    /// <summary>
    /// Reads it: <c>name size refcount users, state address</c>. The count is <c>-</c> in a kernel that can't unload; a line that does not
    /// have this form is skipped.
    /// </summary>
    public static IReadOnlyList<LoadedModule> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var modules = new List<LoadedModule>();
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            string[] field = line.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (field.Length < 5 || !ulong.TryParse(field[1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong size))
            {
                continue;
            }

            int? count = int.TryParse(field[2], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int n) ? n : null;
            string[] users = field[3] == "-" ? [] : field[3].Split(',', StringSplitOptions.RemoveEmptyEntries);
            bool permanent = Array.IndexOf(users, "[permanent]") >= 0;
            var state = field[4] switch { "Loading" => ModuleState.Loading, "Unloading" => ModuleState.Unloading, _ => ModuleState.Loaded };
            modules.Add(new LoadedModule(field[0], state, size, count, permanent ? [.. users.Where(u => u != "[permanent]")] : users, permanent));
        }

        return modules;
    }
}
