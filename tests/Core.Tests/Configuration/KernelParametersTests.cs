using CsCheck;
using K8sNetfilter.Configuration;
using K8sNetfilter.Modules;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Tests.Configuration;

public sealed class KernelParametersTests
{
    private static readonly Gen<string> AnyLine = Gen.OneOf(
        Gen.Char["ab.=,\"' -\t\n\0"].Array[0, 40].Select(c => new string(c)),
        Gen.OneOf("modules_load=", "module_blacklist=", "modprobe.blacklist=", "nomodule", "sysctl.", "sysctl/", "a.b", "=", "\"", "'", ",", " ", "--", "1").Array[0, 12].Select(string.Concat));

    [Theory]
    [InlineData("quiet a=1 b.c=\"x y\"", "quiet|a:1|b.c:x y")]
    [InlineData("\"a=x y\" \"b\"", "a:x y|b")]
    [InlineData("a=b=c =d a= ", "a:b=c|=d|a:")]
    [InlineData("a -- b", "a")]
    [InlineData("--=1 b", "--:1|b")]
    [InlineData("a=\"open b", "a:open b")]
    [InlineData(" \t\n\v\f\r", "")]
    [InlineData("a=\"b\"c\"", "a:b\"c")]
    public void Words_are_split_as_the_kernel_splits_them(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', KernelParameters.Read(text).Select(p => p.Value is null ? p.Name : $"{p.Name}:{p.Value}")));

    [Theory]
    [InlineData("sysctl.net.ipv4.ip_forward=1 sysctl/kernel/panic=\"1 2\"", "net/ipv4/ip_forward=1|kernel/panic=1 2")]
    [InlineData("\"sysctl.kernel.panic=3\"", "kernel/panic=3")]
    [InlineData("sysctl.kernel.panic sysctl.kernel.panic= sysctlx=1 sysctl.=1 -- sysctl.a=1", "")]
    public void Sysctls_are_found(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', SysctlCommandLine.Read(text).Select(a => $"{a.Path}={a.Value}")));

    [Fact]
    public void What_was_quoted_comes_back()
    {
        var name = Gen.Char["ab._-"].Array[1, 6].Select(c => new string(c)).Where(n => n != "--");
        var value = Gen.Char["ab =,.-"].Array[0, 8].Select(c => new string(c));
        Gen.Select(name, value, Gen.Bool).List[0, 8].Sample(words =>
        {
            string line = string.Join(' ', words.Select(w => w.Item3 ? $"\"{w.Item1}={w.Item2}\"" : $"{w.Item1}=\"{w.Item2}\""));
            return KernelParameters.Read(line).SequenceEqual(words.Select(w => (w.Item1, (string?)w.Item2)));
        });
    }

    [Fact]
    public void Any_command_line_is_read_without_an_empty_name() => AnyLine.Sample(text =>
    {
        var line = new KernelCommandLine(text);
        Assert.All(line.Load, e => Assert.NotEmpty(e.Name));
        Assert.All(line.Options, o => Assert.DoesNotContain('.', o.Module));
        Assert.All(SysctlCommandLine.Read(text), a => Assert.False(string.IsNullOrEmpty(a.Value)));
        Assert.True(KernelParameters.Read(text).Sum(p => p.Name.Length + (p.Value?.Length ?? 0)) <= text.Length);
    });
}
