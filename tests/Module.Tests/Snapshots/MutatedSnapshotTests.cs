using System.Management.Automation;
using System.Text;
using K8sNetfilter.Errors;
using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.Snapshots;

/// <summary>
/// Snapshots with one file changed at a place that nobody chose, through every cmdlet that reads one: what comes of it are rows, warnings and errors
/// with an id, and nothing that .NET throws by itself. K8SNF_MUTATIONS says how many; the seed is always the same.
/// </summary>
public sealed class MutatedSnapshotTests : IDisposable
{
    private static readonly int Mutations = int.TryParse(Environment.GetEnvironmentVariable("K8SNF_MUTATIONS"), out int given) ? given : 3000;

    private static readonly string[] Calls =
    [
        "Get-NodeBridgePort", "Get-NodeBridgeNetfilter", "Get-NodeService", "Get-NetfilterRule", "Get-NetfilterChain", "Get-NetfilterHook", "Test-NetfilterChain", "Test-ServiceHairpin",
        "Test-ServiceHairpin -Passive", "Trace-NetfilterPacket 10.244.0.11 10.96.0.10 -DestinationPort 80", "Get-ConntrackEntry", "Get-ConntrackStatistic", "Get-NodeSysctl", "Get-KernelModule",
        "Test-NodeBaseline",
    ];

    // What a reader of JSON, numbers, addresses or tables may stumble over.
    private static readonly string[] Pieces =
    [
        "null", "[]", "{}", "-1", "0", "1e999", "99999999999999999999", "4294967296", "2147483648", "\"\\ud800\"", "\"\"", "true", "[[[[", "}", ",", ":", "\n", "\n\n", "\0", "\u001b[2J", "\ufeff", "é",
        "255.255.255.255", "::", "0.0.0.0/0", "*nat\n", "COMMIT\n", "-A ", " -j ", "!", "\"", "\\", "../../..", "%s{0}", "0x", "=",
    ];

    private readonly ModuleEngine _engine = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("k8snf-mutated-").FullName;

    public void Dispose()
    {
        _engine.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("Node")]
    [InlineData("Sos")]
    public void A_mutated_snapshot_gives_objects_or_errors_with_an_id(string node)
    {
        string from = Path.Combine(ModuleEngine.RepositoryRoot(), "tests/Module.Tests/Snapshots", node);
        var files = new List<(string Path, byte[] Content)>();
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string copy = Path.Combine(_folder, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
            files.Add((copy, File.ReadAllBytes(file)));
        }

        var random = new Random(20151);
        for (int i = 0; i < Mutations / 2; i++)
        {
            var (path, content) = files[i % files.Count];
            byte[] mutated = content;
            for (int times = random.Next(1, 4); times > 0; times--)
            {
                mutated = Mutate(mutated, random);
            }

            File.WriteAllBytes(path, mutated);
            Ask(Calls[random.Next(Calls.Length)], path, mutated);
            Ask(Calls[i % Calls.Length], path, mutated);
            File.WriteAllBytes(path, content);
        }
    }

    /// <summary>What a mutation found first: two links of one number.</summary>
    [Theory]
    [InlineData("Get-NodeBridgePort")]
    [InlineData("Get-NodeBridgeNetfilter")]
    [InlineData("Test-ServiceHairpin")]
    public void Two_ports_of_one_number_are_no_crash(string call)
    {
        File.WriteAllText(Path.Combine(_folder, "ip-link.json"), """
            [{"ifindex":2,"ifname":"cni0","flags":["UP"],"linkinfo":{"info_kind":"bridge"}},{"ifindex":2,"ifname":"cni1","linkinfo":{"info_kind":"bridge"}},
             {"ifindex":3,"ifname":"veth0","master":"cni0"},{"ifindex":3,"ifname":"veth1","master":"cni0"}]
            """);
        Ask(call, "ip-link.json", []);
        if (call == "Get-NodeBridgePort")
        {
            Assert.Empty(_engine.Errors);
            Assert.Equal(["veth0", "veth1"], _engine.Run("(Get-NodeBridgePort -Snapshot $s -WarningAction SilentlyContinue).Name", ("s", _folder)).Select(o => o.ToString()));
        }
    }

    private void Ask(string call, string path, byte[] mutated)
    {
        Exception? thrown = null;
        try
        {
            _engine.Run(call + " -Snapshot $s -WarningAction SilentlyContinue -ErrorAction Continue", ("s", _folder));
        }
        catch (RuntimeException failure)
        {
            thrown = failure.ErrorRecord.Exception;
        }

        var untyped = _engine.Errors.Select(e => e.Exception).Append(thrown).FirstOrDefault(e => e is not null and not NodeException && e.InnerException is not NodeException);
        Assert.True(untyped is null, $"{call} on {Path.GetRelativePath(_folder, path)}: {untyped}\n{Encoding.Latin1.GetString(mutated)}");
    }

    private static byte[] Mutate(byte[] content, Random random)
    {
        int at = random.Next(content.Length + 1), length = Math.Min(content.Length - at, 1 << random.Next(10)), to = random.Next(content.Length + 1);
        switch (random.Next(7))
        {
            case 0 when at < content.Length:
                byte[] flipped = [.. content];
                flipped[at] ^= (byte)(1 << random.Next(8));
                return flipped;
            case 1:
                return [.. content.AsSpan(0, at), .. content.AsSpan(at + length)];
            case 2:
                return [.. content.AsSpan(0, to), .. content.AsSpan(at, length), .. content.AsSpan(to)];
            case 3:
                return content[..at];
            case 4:
                // A number becomes another one that is hard to hold.
                int digit = Array.FindIndex(content, at, b => b is >= (byte)'0' and <= (byte)'9');
                int end = digit < 0 ? -1 : Array.FindIndex(content, digit, b => b is < (byte)'0' or > (byte)'9');
                return digit < 0 || end < 0 ? content : [.. content.AsSpan(0, digit), .. Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)]), .. content.AsSpan(end)];
            case 5:
                // A whole line or entry twice, or two of them in another order.
                int line = Array.IndexOf(content, (byte)'\n', at), next = line < 0 ? -1 : Array.IndexOf(content, (byte)'\n', line + 1);
                return next < 0 ? content : [.. content.AsSpan(0, next), .. content.AsSpan(line, next - line), .. content.AsSpan(next)];
            default:
                return [.. content.AsSpan(0, at), .. Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)]), .. content.AsSpan(at)];
        }
    }
}
