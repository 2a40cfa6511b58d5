using System.Text;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Tests.Conntrack;

namespace K8sNetfilter.Fuzz;

/// <summary>
/// What conntrack(8) and /proc print, line by line, and the file of the labels' names. A line that is read and written is the same when it
/// is read and written again.
/// </summary>
internal sealed class ConntrackTextTarget : IFuzzTarget
{
    public string Name => "conntrack-text";

    public IEnumerable<byte[]> Seeds =>
    [
        .. CapturedEntries.All.Select(e => Encoding.UTF8.GetBytes(e.Line)),
        .. new[]
        {
            "ipv6     10 tcp      6 9 ESTABLISHED src=fd00::2 dst=fd00:96::a sport=1 dport=443 packets=3 bytes=200 src=fd00::3 dst=fd00::1 sport=8443 dport=4000 packets=2 bytes=1 "
                + "[ASSURED] mark=16384 secctx=u:r:t:s0 zone=7 delta-time=12 [start=Sun Nov  2 20:22:00 2025] [stop=Sun Nov  2 20:22:12 2025] helper=ftp use=2 id=4 labels=one,seven",
            "cpu=0   \tfound=1 invalid=2 insert=0 insert_failed=3 drop=4 early_drop=5 error=6 search_restart=7 clash_resolve=8 chaintoolong=9",
            "entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart\n"
                + "00000001  00000000 00000000 00000000 00000002 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000  00000000 00000000 00000000 00000000",
            "1 eth0-in\n7\tseven\n# comment",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public void Run(byte[] input)
    {
        string text = Encoding.UTF8.GetString(input);
        foreach (string line in text.Split('\n'))
        {
            if (!ConntrackText.TryParse(line, out var record, out _))
            {
                continue;
            }

            string written = ConntrackText.Format(new ConntrackEntry(record), ConntrackTextParts.All);
            if (!ConntrackText.TryParse(written, out var again, out string? problem))
            {
                throw new InvalidOperationException($"written and not read, {problem}: {written}");
            }

            string rewritten = ConntrackText.Format(new ConntrackEntry(again), ConntrackTextParts.All);
            if (rewritten != written)
            {
                throw new InvalidOperationException($"{written} became {rewritten}");
            }
        }

        ConntrackStatisticText.Parse(text);
        ConntrackStatisticText.ParseKernel(text);
        ConntrackLabels.Parse(text);
    }
}
