using System.Globalization;
using System.Text;

namespace K8sNetfilter.Tests.Modules;

/// <summary>A made-up node: its files of modules-load.d and modprobe.d, in every shape that the manual pages allow and some that they don't.</summary>
internal sealed class ModuleTree
{
    private static readonly string[] LoadFolders = ["etc/modules-load.d", "run/modules-load.d", "usr/local/lib/modules-load.d", "usr/lib/modules-load.d"];
    private static readonly string[] ModprobeFolders = ["etc/modprobe.d", "run/modprobe.d", "usr/local/lib/modprobe.d", "usr/lib/modprobe.d"];
    private static readonly string[] FileNames = ["10-a.conf", "20-b.conf", "k8s.conf", "modules.conf", "zz.conf", "B.conf", "é.conf", ".hidden.conf", "c.conf~", "notes.txt", "x.alias"];

    /// <summary>Every module of the imagined kernel.</summary>
    public static readonly string[] Modules =
        ["llc", "stp", "bridge", "br_netfilter", "overlay", "nf_defrag", "nf_conntrack", "ip_vs", "ip_vs_rr", "crc32c_generic", "crc32c_intel", "dummy", "gone", "orphan"];

    private static readonly string[] OtherNames =
        ["ip_tables", "ext4", "ipt-icmp", "fs-ext4", "fs-overlay", "net-pf-26", "net-pf-7", "rtnl-link-bridge", "crc32c", "crypto-crc32x", "nosuch", "no-such", "virtual",
         "symbol:br_forward", "symbol:nothing", "over.lay", "over[", "a]b", "Overlay", "nf_conntrack-2"];

    private static readonly string[] Commands =
        ["/bin/false", "/bin/true", "true", "false", ":", "/usr/bin/false # CIS 1.1.1", "exit 0", "exit 1", "echo no >/dev/null", "echo no", "/usr/sbin/nologin",
         "test -e /nosuch", "true; false", "/sbin/modprobe -i {0}", "/sbin/modprobe --ignore-install {0} $CMDLINE_OPTS && true", "/sbin/modprobe -i {0} || :"];

    private readonly Random _random;

    public ModuleTree(int seed, string folder)
    {
        _random = new Random(seed);
        Folder = folder;
        Root = Path.Combine(folder, "root");
    }

    public string Folder { get; }

    public string Root { get; }

    public string CommandLine { get; private set; } = "";

    /// <summary>What module_blacklist= and nomodule mean to the kernel, as the generator knows it.</summary>
    public string Refuses { get; private set; } = "";

    public string[] Asked { get; private set; } = [];

    public void Write()
    {
        Directory.CreateDirectory(Root);
        foreach (string folder in LoadFolders)
        {
            WriteFolder(folder, Chance(45), LoadLine, isModprobe: false);
        }

        foreach (string folder in ModprobeFolders)
        {
            WriteFolder(folder, Chance(45), ModprobeLine, isModprobe: true);
        }

        CommandLine = MakeCommandLine();
        Asked = [.. Enumerable.Range(0, 2).Select(_ => Pick(Chance(60) ? Modules : OtherNames)).Where(n => !n.Contains(':', StringComparison.Ordinal)).Distinct()];
        File.WriteAllText(Path.Combine(Folder, "cmdline"), CommandLine);
        File.WriteAllText(Path.Combine(Folder, "refuses"), Refuses);
        File.WriteAllText(Path.Combine(Folder, "names"), string.Concat(Asked.Select(n => n + "\n")));
    }

    private void WriteFolder(string folder, bool isThere, Func<string> line, bool isModprobe)
    {
        if (!isThere)
        {
            return;
        }

        string path = Path.Combine(Root, folder);
        Directory.CreateDirectory(path);
        foreach (string name in FileNames.Where(_ => Chance(30)))
        {
            string file = Path.Combine(path, name);
            switch (_random.Next(20))
            {
                case 0:
                    File.CreateSymbolicLink(file, "/dev/null");
                    break;
                case 1:
                    Directory.CreateDirectory(file);
                    break;
                case 2 when !isModprobe:
                    File.CreateSymbolicLink(file, "nosuch");
                    break;
                case 3:
                    File.WriteAllBytes(file, []);
                    break;
                case 4:
                    File.WriteAllBytes(file + ".real", Content(line, isModprobe));
                    File.CreateSymbolicLink(file, Path.GetFileName(file) + ".real");
                    break;
                case 5:
                    File.WriteAllBytes(file + ".real", Content(line, isModprobe));
                    File.CreateSymbolicLink(file, $"/{folder}/{Path.GetFileName(file)}.real");
                    break;
                default:
                    File.WriteAllBytes(file, Content(line, isModprobe));
                    break;
            }
        }
    }

    private byte[] Content(Func<string> line, bool isModprobe)
    {
        var text = new StringBuilder();
        int count = _random.Next(7);
        string end = _random.Next(12) switch { 0 => "\r\n", 1 when !isModprobe => "\r", 2 when !isModprobe => "\0", _ => "\n" };
        for (int i = 0; i < count; i++)
        {
            text.Append(line());
            if (i + 1 < count || Chance(85))
            {
                text.Append(end);
            }
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private string LoadLine() => _random.Next(14) switch
    {
        0 => "# " + Name(),
        1 => ";" + Name(),
        2 => "",
        3 => $"  {Name()}\t ",
        4 => Name() + " # why",
        5 => Pick(OtherNames),
        6 => Pick(OtherNames),
        7 => $"{Name()} {Name()}",
        _ => Name(),
    };

    private string ModprobeLine()
    {
        string name = Name();
        string line = _random.Next(18) switch
        {
            0 or 1 or 2 => $"blacklist {name}",
            3 => $"install {name} {Command(name)}",

            // A pattern with a command that loads could match what that needs, and modprobe would call itself for ever.
            4 => $"install {Pattern(name)} {Pick(Commands[..^3])}",
            5 or 6 => $"options {name} {Options()}",
            7 => $"alias {Pattern(name)} {Name()}",
            8 => $"alias {Pick(OtherNames)} {Name()}",
            9 => $"alias {Name()} off",
            10 or 11 => $"softdep {name} pre: {Name()} {Pick(OtherNames)} post: {Name()}",
            12 => $"softdep {Pattern(name)} post: {Name()}",
            13 => $"remove {name} /bin/true",
            14 => Pick(["# blacklist " + name, " # x", "", "blacklist", "install " + name, "options " + name, "alias " + name, "include /etc/x", "nonsense " + name, "softdep " + name]),
            15 => $"blacklist \t{name}\t# why",
            16 => $"install virtual /bin/true",
            _ => $"options {Pick(OtherNames)} {Options()}",
        };
        return _random.Next(12) switch
        {
            0 => line.Replace(" ", " \\\n ", StringComparison.Ordinal),
            1 => "  " + line,
            2 => line.Replace(" ", "\t", StringComparison.Ordinal),
            3 when line.Length > 3 => line.Insert(_random.Next(1, line.Length - 1), "\\"),
            _ => line,
        };
    }

    private string Name()
    {
        string name = Pick(Chance(80) ? Modules : ["ip_tables", "ext4", "nosuch", "virtual"]);
        return Chance(25) ? name.Replace('_', '-') : name;
    }

    private string Pattern(string name) => _random.Next(8) switch
    {
        0 => name[..2] + "*",
        1 => "*" + name[2..],
        2 => name[..1] + "?" + name[2..],
        3 => "[a-m]" + name[1..],
        4 => "[!a-m]" + name[1..],
        5 => "over[l",
        _ => name,
    };

    private string Command(string name) => string.Format(CultureInfo.InvariantCulture, Pick(Commands), name);

    private string Options() => Pick(["a=1", "a=2 b=\"x y\"", "debug", "c=1,2,3\td=4"]);

    private string MakeCommandLine()
    {
        var words = new List<string> { "BOOT_IMAGE=/vmlinuz", "root=/dev/sda1", "quiet" };
        if (Chance(30))
        {
            words.Add($"{Pick(["modules_load", "modules-load", "rd.modules_load"])}={Name()},{Pick(OtherNames)},{Name()}");
        }

        if (Chance(10))
        {
            words.Add($"\"modules_load={Name()}\"");
        }

        if (Chance(25))
        {
            words.Add($"modprobe.blacklist={Name()},{Name()}");
        }

        if (Chance(25))
        {
            words.Add($"{Name()}.{Options().Replace('\t', ',').Split(' ')[0]}");
        }

        if (Chance(8))
        {
            words.Add($"{Name()}.v=\"x y\"");
        }

        if (Chance(8))
        {
            words.Add($"\"{Name()}.v=x y\"");
        }

        if (Chance(25))
        {
            string[] refused = [Pick(Modules), Pick(Modules)];
            Refuses = string.Join(',', refused);
            words.Add($"{Pick(["module_blacklist", "module-blacklist"])}={Refuses}");
        }
        else if (Chance(5))
        {
            Refuses = "*";
            words.Add("nomodule");
        }

        for (int i = words.Count - 1; i > 0; i--)
        {
            int j = _random.Next(i + 1);
            (words[i], words[j]) = (words[j], words[i]);
        }

        return string.Join(' ', words);
    }

    private bool Chance(int percent) => _random.Next(100) < percent;

    private string Pick(string[] from) => from[_random.Next(from.Length)];
}
