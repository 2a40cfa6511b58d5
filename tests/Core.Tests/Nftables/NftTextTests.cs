using K8sNetfilter.Nftables.Syntax;
using K8sNetfilter.Nftables.Syntax.Reading;
using K8sNetfilter.Nftables.Syntax.Writing;

namespace K8sNetfilter.Tests.Nftables;

/// <summary>Listings that nft 1.0.6 printed, read and written again.</summary>
public sealed class NftTextTests
{
    [Theory]
    [InlineData("statements")]
    [InlineData("kubeproxy-1.36")]
    [InlineData("calico")]
    [InlineData("docker-usernet-portmap")]
    [InlineData("docker-new-daemon")]
    [InlineData("flannel")]
    [InlineData("cni-portmap")]
    public void A_listing_is_written_as_it_was_read(string name)
    {
        string text = Listing(name);
        var ruleset = NftTextReader.Read(text);
        Assert.Empty(ruleset.Unread);
        Assert.Equal(text, NftTextWriter.Text(ruleset));
    }

    [Fact]
    public void Handles_counters_and_comments_are_read()
    {
        var table = NftTextReader.Read("""
            table ip t { # handle 7
            	# a comment
            	chain c { # handle 3
            		tcp dport 22 counter packets 5 bytes 300 accept comment "ssh; { here" # handle 12
            	}
            }
            """).Tables[0];
        Assert.Equal(7UL, table.Handle);
        Assert.Equal(3UL, table.Chains[0].Handle);
        var rule = Assert.Single(table.Chains[0].Rules);
        Assert.Equal(("ssh; { here", 12UL, 4), (rule.Comment, rule.Handle, rule.Line));
        Assert.Contains(new CounterSyntax(5, 300), rule.Statements);
    }

    [Fact]
    public void Commands_make_the_same_tree_as_a_listing()
    {
        var ruleset = NftTextReader.Read("""
            flush ruleset
            add table ip t
            add set ip t s { type ipv4_addr . inet_service ; flags interval ; comment "x" ; }
            add element ip t s { 10.0.0.0/8 . 80-90 }
            add chain ip t c { type filter hook input priority filter - 5 ; policy drop ; }
            add rule ip t c tcp dport == { 22,80 } ct state established,related accept
            insert rule ip t c ip saddr . tcp dport @s drop
            """);
        Assert.Empty(ruleset.Unread);
        Assert.Equal("""
            table ip t {
            	set s {
            		type ipv4_addr . inet_service
            		flags interval
            		comment "x"
            		elements = { 10.0.0.0/8 . 80-90 }
            	}

            	chain c {
            		type filter hook input priority filter - 5; policy drop;
            		ip saddr . tcp dport @s drop
            		tcp dport { 22, 80 } ct state established,related accept
            	}
            }

            """, NftTextWriter.Text(ruleset));
    }

    [Fact]
    public void What_is_not_understood_is_named_and_the_rest_is_read()
    {
        var ruleset = NftTextReader.Read("""
            include "/etc/nftables.d/*.nft"
            define uplink = eth0
            table inet t {
            	chain c {
            		iifname $uplink accept
            		frobnicate { 1, 2 } drop
            		tcp dport 22 accept
            	}
            	thing x { a }
            }
            """);
        Assert.Equal(5, ruleset.Unread.Count);
        Assert.Equal([1, 2, 5, 6, 9], ruleset.Unread.Select(u => u.Line));
        Assert.Contains("variable", ruleset.Unread[2].Reason, StringComparison.Ordinal);
        Assert.Equal(11, ruleset.Unread[2].Column);
        var rules = ruleset.Tables[0].Chains[0].Rules;
        Assert.Equal(["iifname $uplink accept", "frobnicate { 1, 2 } drop", null], rules.Select(r => r.Raw));
    }

    [Theory]
    [InlineData("table ip t { chain c { jump")]
    [InlineData("table ip t { set s { type ipv4_addr; elements = { 1.1.1.1, ")]
    [InlineData("\"")]
    [InlineData("table ip t { chain c { ip saddr \"x")]
    [InlineData("}}}}{{{{")]
    [InlineData("add rule ip t c ip saddr { { { {")]
    public void Broken_text_is_named(string text) => Assert.NotEmpty(NftTextReader.Read(text).Unread);

    [Fact]
    public void Depth_is_bounded() =>
        Assert.NotEmpty(NftTextReader.Read("add rule ip t c meta mark & " + new string('(', 100_000) + "1").Unread);

    [Theory]
    [InlineData("table ip t { set s { type ipv4_addr; elements = { ", "10.0.0.1, ", " } } }")]
    [InlineData("table ip t { ", "chain c { accept\n } \n", "}")]
    [InlineData("table ip t { chain c { ", "frob { \n } \n", "} }")]
    [InlineData("", "}\n{", "")]
    [InlineData("", "table ip t {", "")]
    public void Reading_is_linear(string before, string part, string after)
    {
        var first = Time(before, part, after, 4_000);
        var second = Time(before, part, after, 32_000);

        // Eight times the text; a quadratic reader takes 64 times as long.
        Assert.True(second < (first * 30) + TimeSpan.FromMilliseconds(200),
            $"{first.TotalMilliseconds} ms, then {second.TotalMilliseconds} ms");
    }

    private static TimeSpan Time(string before, string part, string after, int count)
    {
        string text = before + string.Concat(Enumerable.Repeat(part, count)) + after;
        NftTextReader.Read(text);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        NftTextReader.Read(text);
        return watch.Elapsed;
    }

    internal static string Listing(string name)
    {
        using var stream = typeof(NftTextTests).Assembly.GetManifestResourceStream(name + ".nft")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
