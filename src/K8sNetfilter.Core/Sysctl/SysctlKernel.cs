namespace K8sNetfilter.Sysctl;

/// <summary>
/// What the kernel does when keys are written one after the other. Some keys are two names of one variable, and some pass their value on:
/// <c>ip_forward</c> to every interface and back, <c>default</c> to interfaces that were not set by themselves.
/// (net/ipv4/devinet.c: inet_forward_change, devinet_conf_proc; net/ipv6/addrconf.c: addrconf_fixup_forwarding, addrconf_disable_ipv6;
/// net/core/neighbour.c: neigh_copy_dflt_parms.)
/// </summary>
internal sealed class SysctlKernel
{
    private const string IPForward = "net/ipv4/ip_forward";
    private const string AllForwarding = "net/ipv4/conf/all/forwarding";

    private static readonly string[] ConntrackMaximum = ["net/nf_conntrack_max", "net/netfilter/nf_conntrack_max"];

    /// <summary>Keys of net/ipv6/conf/all that set <c>default</c> and every interface.</summary>
    private static readonly string[] SetEverywhere = ["forwarding", "disable_ipv6", "ignore_routes_with_linkdown", "addr_gen_mode", "force_forwarding"];

    private readonly SysctlTree _keys;
    private readonly Func<string, string?> _initial;
    private readonly Func<string, string?> _shape;
    private readonly HashSet<string> _setByItself = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SysctlDecision> _decided = new(StringComparer.Ordinal);

    /// <summary>Makes a kernel that nothing has been written to.</summary>
    /// <param name="keys">The keys that it has.</param>
    /// <param name="initial">What a key holds at first; null where that is not known.</param>
    /// <param name="shape">A value that shows what kind of value the key holds; null where that is not known.</param>
    public SysctlKernel(SysctlTree keys, Func<string, string?> initial, Func<string, string?> shape)
    {
        _keys = keys;
        _initial = initial;
        _shape = shape;
    }

    /// <summary>
    /// False where interfaces may have been set by themselves before, or have addresses, so that what <c>default</c> passes on to them is not known.
    /// </summary>
    public bool InterfacesAreFresh { get; init; }

    /// <summary>True where the loopback interface has its address, which makes it keep what it has (devinet.c: inetdev_event).</summary>
    public bool LoopbackHasAddress { get; init; }

    /// <summary>What was decided about a key; null where no write reached it.</summary>
    public SysctlDecision? this[string path] => _decided.GetValueOrDefault(path);

    /// <summary>The paths that a write reached.</summary>
    public IReadOnlyCollection<string> Decided => _decided.Keys;

    /// <summary>What the key holds now; null where that is not known.</summary>
    public string? Value(string path) => _decided.TryGetValue(path, out var decision) ? decision.Value : _initial(path);

    /// <summary>Writes a value. False where the kernel refuses it.</summary>
    /// <param name="path">The key; that it exists is the caller's to know.</param>
    /// <param name="value">The text.</param>
    /// <param name="by">The line that says so.</param>
    /// <param name="onlyChanges">
    /// True where the writer leaves a key alone that reads as that text already, as systemd-sysctl does (write_string_file with
    /// WRITE_STRING_FILE_SUPPRESS_REDUNDANT_VIRTUAL).
    /// </param>
    public bool Write(string path, string value, SysctlAssignment by, bool onlyChanges)
    {
        string? before = Value(path);
        if (onlyChanges && before == value)
        {
            _decided[path] = new SysctlDecision(value, by, null);
            return true;
        }

        string? start = before ?? _shape(path);
        string? taken = SysctlValue.Taken(path, value, start, out bool refused);
        if (refused)
        {
            // Trying is enough to make an interface keep what it has, and of several numbers the good ones at the front are kept.
            if (Inheritance(path) is not (null or (_, "default", _)))
            {
                _setByItself.Add(path);
            }

            if (taken is not null && taken != start)
            {
                _decided[path] = new SysctlDecision(taken, by, null);
            }

            return false;
        }

        _decided[path] = new SysctlDecision(taken!, by, null);
        PassOn(path, taken!, before, by);
        return true;
    }

    private void PassOn(string path, string value, string? before, SysctlAssignment by)
    {
        void Set(string other)
        {
            if (other != path)
            {
                _decided[other] = new SysctlDecision(value, by, path);
            }
        }

        if (path is IPForward or AllForwarding)
        {
            Set(IPForward);
            Set(AllForwarding);
            if (before != value)
            {
                Set("net/ipv4/conf/default/forwarding");
                foreach (string name in _keys.Interfaces("net/ipv4/conf/"))
                {
                    Set($"net/ipv4/conf/{name}/forwarding");
                }

                _decided["net/ipv4/conf/all/accept_redirects"] = new SysctlDecision(value == "0" ? "1" : "0", by, path);
            }
        }
        else if (Array.IndexOf(ConntrackMaximum, path) >= 0)
        {
            Array.ForEach(ConntrackMaximum, Set);
        }
        else if (Split(path, "net/ipv6/conf/") is ("all", { } everywhere) && Array.IndexOf(SetEverywhere, everywhere) >= 0)
        {
            Set($"net/ipv6/conf/default/{everywhere}");
            foreach (string name in _keys.Interfaces("net/ipv6/conf/"))
            {
                Set($"net/ipv6/conf/{name}/{everywhere}");
            }
        }
        else if (Inheritance(path) is var (directory, owner, key))
        {
            if (owner != "default")
            {
                _setByItself.Add(path);
            }
            else if (InterfacesAreFresh)
            {
                foreach (string name in _keys.Interfaces(directory))
                {
                    string other = $"{directory}{name}/{key}";
                    if (!_setByItself.Contains(other) && !(LoopbackHasAddress && name == "lo") && _keys.Contains(other))
                    {
                        Set(other);
                    }
                }
            }
        }
    }

    /// <summary>Where the key belongs to an interface, or to <c>default</c>, that passes it on: the directory, whose it is, and which.</summary>
    private static (string Directory, string Owner, string Key)? Inheritance(string path)
    {
        foreach (string directory in (ReadOnlySpan<string>)["net/ipv4/conf/", "net/ipv4/neigh/", "net/ipv6/neigh/"])
        {
            if (Split(path, directory) is var (owner, key) && owner != "all" && !(directory == "net/ipv4/conf/" && key == "forwarding"))
            {
                return (directory, owner, key);
            }
        }

        return null;
    }

    private static (string Owner, string Key)? Split(string path, string directory)
    {
        if (!path.StartsWith(directory, StringComparison.Ordinal))
        {
            return null;
        }

        int slash = path.IndexOf('/', directory.Length);
        return slash < 0 ? null : (path[directory.Length..slash], path[(slash + 1)..]);
    }
}
