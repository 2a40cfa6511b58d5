namespace K8sNetfilter.Modules;

/// <summary>Which package of a distribution has the modules that its base installation leaves out.</summary>
public static class KernelPackage
{
    /// <summary>The command that installs the rest of a kernel's modules; null where the distribution is not known.</summary>
    /// <param name="osRelease">The content of /etc/os-release, os-release(5); null if there is none.</param>
    /// <param name="release">The kernel release.</param>
    public static string? InstallCommand(string? osRelease, string release)
    {
        var ids = Ids(osRelease);
        foreach (string id in ids)
        {
            switch (id)
            {
                case "ubuntu":
                    return $"apt install linux-modules-extra-{release}";
                case "debian":
                    // The cloud kernels leave modules out that the plain ones have.
                    return release.Contains("cloud", StringComparison.Ordinal)
                        ? $"apt install linux-image-{release[(release.LastIndexOf('-') + 1)..]}"
                        : $"apt install linux-image-{release}";
                case "rhel" or "centos" or "rocky" or "almalinux" or "fedora" or "ol":
                    return $"dnf install kernel-modules-{release} kernel-modules-extra-{release}";
                case "amzn":
                    return $"dnf install kernel-modules-extra-{release}";
                case "sles" or "suse" or "opensuse":
                    return "zypper install kernel-default";
                case "alpine":
                    return "apk add linux-lts";
                case "arch":
                    return "pacman -S linux";
            }
        }

        return null;
    }

    // ID first, then what it is like.
    private static List<string> Ids(string? osRelease)
    {
        var ids = new List<string>();
        string like = "";
        foreach (string line in (osRelease ?? "").Split('\n'))
        {
            if (line.StartsWith("ID=", StringComparison.Ordinal))
            {
                ids.Add(line[3..].Trim().Trim('"', '\''));
            }
            else if (line.StartsWith("ID_LIKE=", StringComparison.Ordinal))
            {
                like = line[8..].Trim().Trim('"', '\'');
            }
        }

        ids.AddRange(like.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return ids;
    }
}
