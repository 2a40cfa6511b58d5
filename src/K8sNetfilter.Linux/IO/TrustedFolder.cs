using K8sNetfilter.Interop.Files;

namespace K8sNetfilter.IO;

/// <summary>Whether code in a folder can be run by the present user: whoever can write there decides what runs.</summary>
public static class TrustedFolder
{
    private const uint GroupWrite = 0x10;
    private const uint OtherWrite = 0x02;

    /// <summary>
    /// True if the folder is there, and it and each folder above it belong to root or the present user, and nobody else can write to them
    /// (a group can only if it is root's). Links are followed first: what counts is where they lead.
    /// </summary>
    /// <param name="path">The folder. A relative path is never trusted.</param>
    /// <param name="user">The present user's number (geteuid(2)).</param>
    public static bool IsTrusted(string path, uint user)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!path.StartsWith('/') || !LiveKernel.IsThere || Resolve(path) is not { } real)
        {
            return false;
        }

        for (string? folder = real; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (Statx.Of(folder, out var status) != 0 || !status.IsDirectory || (status.Uid != 0 && status.Uid != user)
                || (status.Mode & OtherWrite) != 0 || ((status.Mode & GroupWrite) != 0 && status.Gid != 0))
            {
                return false;
            }
        }

        return true;
    }

    // Each link on the way, at most as many as the kernel follows (path_resolution(7)).
    private static string? Resolve(string path)
    {
        string real = "/";
        int links = 0;
        var names = new Stack<string>(Enumerable.Reverse(path.Split('/', StringSplitOptions.RemoveEmptyEntries)));
        while (names.TryPop(out string? name))
        {
            if (name is "." or "..")
            {
                real = name == "." ? real : Path.GetDirectoryName(real) ?? "/";
                continue;
            }

            string next = Path.Combine(real, name);
            if (new DirectoryInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }

            if (++links > 40)
            {
                return null;
            }

            real = target.StartsWith('/') ? "/" : real;
            foreach (string part in Enumerable.Reverse(target.Split('/', StringSplitOptions.RemoveEmptyEntries)))
            {
                names.Push(part);
            }
        }

        return real;
    }
}
