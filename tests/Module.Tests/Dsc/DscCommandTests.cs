using System.Text.Json.Nodes;
using K8sNetfilter.Dsc;
using NJsonSchema;

namespace K8sNetfilter.Tests.Dsc;

/// <summary>The command resources: what DSC checks of every answer, and that what is said is so.</summary>
public sealed class DscCommandTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("k8snf-dsc").FullName;

    public static TheoryData<string> Resources { get; } = [.. DscCommand.ResourceNames];

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [MemberData(nameof(Resources))]
    public async Task What_is_exported_is_valid_and_is_the_desired_state_when_it_comes_back(string resource)
    {
        var schema = await Schema(resource);
        var export = DscCall.Make($"export {resource}", "");
        Assert.Equal(0, export.ExitCode);
        foreach (string line in export.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Take(50))
        {
            Assert.Empty(schema.Validate(line));
            var test = DscCall.Make($"test {resource}", line);
            Assert.Equal(0, test.ExitCode);
            Assert.Empty(schema.Validate(test.Output));
            Assert.True((bool)test.State["_inDesiredState"]!, test.Output);
        }
    }

    [Theory]
    [MemberData(nameof(Resources))]
    public void The_schema_has_the_properties_that_the_code_reads_and_no_others(string resource)
    {
        var schema = DscCall.Make($"schema {resource}", "").State;
        string unknown = DscCall.Make($"get {resource}", """{"nonsense":1}""").Messages[0]["error"]!.GetValue<string>();
        var said = unknown[(unknown.IndexOf("It has ", StringComparison.Ordinal) + 7)..].TrimEnd('.').Split(", ");
        Assert.Equal(schema["properties"]!.AsObject().Select(p => p.Key).Where(p => p[0] != '_' || p == "_exist").Order(), said.Order());
        Assert.False((bool)schema["additionalProperties"]!);
    }

    [Theory]
    [MemberData(nameof(Resources))]
    public void A_resource_is_found_by_the_name_that_a_configuration_uses(string resource)
    {
        Assert.Equal(DscCall.Make($"schema {resource}", "").State.ToJsonString(), DscCall.Make($"schema K8sNetfilter/{resource}", "").State.ToJsonString());
        Assert.Equal(DscExitCode.Invalid, DscCall.Make($"schema Other/{resource}", "").ExitCode);
    }

    [Theory]
    [MemberData(nameof(Resources))]
    public void The_manifest_calls_what_there_is(string resource)
    {
        var manifest = DscCall.Make($"manifest {resource}", "").State;
        Assert.Equal($"K8sNetfilter/{resource}", manifest["type"]!.GetValue<string>());
        Assert.Equal(typeof(DscCommand).Assembly.GetName().Version!.ToString(3), manifest["version"]!.GetValue<string>());
        foreach (string operation in new[] { "get", "set", "test", "export" })
        {
            var method = manifest[operation]!;
            Assert.Equal("k8snf", method["executable"]!.GetValue<string>());
            Assert.Equal(["dsc", operation, resource], method["args"]!.AsArray().Where(a => a is JsonValue).Select(a => a!.GetValue<string>()));
            Assert.Equal(operation == "export" ? null : "stdin", method["input"]?.GetValue<string>());
        }

        // The form that DSC 3.0 and 3.1 read as well: they skip a manifest with a whatIfArg, and implementsPretest would need one.
        Assert.Equal(["dsc", "set", resource, "--what-if"], manifest["whatIf"]!["args"]!.AsArray().Select(a => a!.GetValue<string>()));
        Assert.Equal(("k8snf", "stdin", "state"), (manifest["whatIf"]!["executable"]!.GetValue<string>(), manifest["whatIf"]!["input"]!.GetValue<string>(), manifest["whatIf"]!["return"]!.GetValue<string>()));
        Assert.Null(manifest["set"]!["implementsPretest"]);
        Assert.All(manifest["set"]!["args"]!.AsArray(), argument => Assert.IsAssignableFrom<JsonValue>(argument));
        Assert.Equal(["0", "1", "130", "2"], manifest["exitCodes"]!.AsObject().Select(c => c.Key).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("KernelModule", """{"name":"br-netfilter","persist":true,"root":"ROOT"}""", "etc/modules-load.d/k8s.conf", "br_netfilter\n")]
    [InlineData("NodeBaseline", """{"name":"BASELINE","root":"ROOT"}""", "etc/sysctl.d/k8s.conf", "net.ipv4.ip_forward = 1\n")]
    [InlineData("Sysctl", """{"name":"net/ipv4/ip_forward","value":1,"persist":true,"root":"ROOT"}""", "etc/sysctl.d/k8s.conf", "net.ipv4.ip_forward = 1\n")]
    public async Task A_set_does_what_its_what_if_said_once(string resource, string instance, string file, string content)
    {
        var schema = await Schema(resource);
        string baseline = Path.Combine(_root, "own.json");
        await File.WriteAllTextAsync(baseline, """{"name":"Own","description":"One.","sysctls":[{"name":"net.ipv4.ip_forward","value":1}]}""", TestContext.Current.CancellationToken);
        instance = instance.Replace("ROOT", _root, StringComparison.Ordinal).Replace("BASELINE", baseline, StringComparison.Ordinal);
        string path = Path.Combine(_root, file);

        Assert.False((bool)DscCall.Make($"test {resource}", instance).State["_inDesiredState"]!);
        var planned = DscCall.Make($"set {resource} --what-if", instance);
        Assert.Equal(0, planned.ExitCode);
        Assert.Empty(schema.Validate(planned.Output));
        Assert.Contains($"/{file}", Assert.Single(planned.State["_metadata"]!["whatIf"]!.AsArray())!.GetValue<string>(), StringComparison.Ordinal);
        Assert.False(File.Exists(path));

        var done = DscCall.Make($"set {resource}", instance);
        Assert.Equal(0, done.ExitCode);
        Assert.Empty(schema.Validate(done.Output));
        Assert.EndsWith(content, await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.True((bool)DscCall.Make($"test {resource}", instance).State["_inDesiredState"]!);

        var written = File.GetLastWriteTimeUtc(path);
        Assert.DoesNotContain(DscCall.Make($"set {resource}", instance).Messages, m => m.ContainsKey("info"));
        Assert.Equal(written, File.GetLastWriteTimeUtc(path));
    }

    [Fact]
    public void A_module_is_taken_out_of_the_files_again()
    {
        string instance = $$"""{"name":"overlay","persist":true,"root":"{{_root}}"}""", absent = instance.Replace("\"name\"", "\"_exist\":false,\"name\"", StringComparison.Ordinal);
        Assert.Equal(0, DscCall.Make("set KernelModule", instance).ExitCode);
        Assert.False((bool)DscCall.Make("test KernelModule", absent).State["_inDesiredState"]!);
        Assert.Equal(0, DscCall.Make("set KernelModule", absent).ExitCode);
        Assert.True((bool)DscCall.Make("test KernelModule", absent).State["_inDesiredState"]!);
        Assert.DoesNotContain("overlay", File.ReadAllText(Path.Combine(_root, "etc/modules-load.d/k8s.conf")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_modules_parameters_are_held_against_the_files_written_and_exported_in_the_schemas_types()
    {
        var schema = await Schema("KernelModule");
        string folder = Directory.CreateDirectory(Path.Combine(_root, "etc/modprobe.d")).FullName, file = Path.Combine(folder, "k8s.conf");
        await File.WriteAllTextAsync(file, "# ours\noptions nf_conntrack hashsize=0x1000 note=\"a b\"\n", TestContext.Current.CancellationToken);
        string instance = $$$"""{"name":"nf-conntrack","persist":true,"root":"{{{_root}}}","parameters":{"hashsize":4096,"acct":true,"note":"a b"}}""";

        // What the files say is given as long as nothing is asked for.
        var unasked = DscCall.Make("get KernelModule", $$"""{"name":"nf_conntrack","root":"{{_root}}"}""");
        Assert.Equal("""{"hashsize":"0x1000","note":"a b"}""", unasked.State["parameters"]!.ToJsonString());
        Assert.Empty(schema.Validate(unasked.Output));

        var test = DscCall.Make("test KernelModule", instance);
        Assert.Empty(schema.Validate(test.Output));
        Assert.False((bool)test.State["_inDesiredState"]!);
        Assert.Equal("""{"hashsize":4096,"note":"a b"}""", test.State["parameters"]!.ToJsonString());

        var planned = DscCall.Make("set KernelModule --what-if", instance);
        Assert.Empty(schema.Validate(planned.Output));
        Assert.Equal("""{"hashsize":4096,"acct":true,"note":"a b"}""", planned.State["parameters"]!.ToJsonString());
        Assert.Contains(planned.State["_metadata"]!["whatIf"]!.AsArray(), s => s!.GetValue<string>().Contains("/etc/modprobe.d/k8s.conf", StringComparison.Ordinal));
        Assert.DoesNotContain("acct", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), StringComparison.Ordinal);

        var done = DscCall.Make("set KernelModule", instance);
        Assert.Equal(0, done.ExitCode);
        Assert.Empty(schema.Validate(done.Output));
        Assert.Equal("# ours\noptions nf_conntrack hashsize=4096 note=\"a b\" acct=1\n", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        Assert.True((bool)DscCall.Make("test KernelModule", instance).State["_inDesiredState"]!);
        Assert.DoesNotContain(DscCall.Make("set KernelModule", instance).Messages, m => m.ContainsKey("info"));
        Assert.False((bool)DscCall.Make("test KernelModule", instance.Replace("4096", "4097", StringComparison.Ordinal)).State["_inDesiredState"]!);
    }

    [Fact]
    public void What_a_module_that_is_there_was_loaded_with_is_the_kernels_to_say()
    {
        string sys = "/sys/module/nf_conntrack/parameters";
        Assert.SkipUnless(File.Exists($"{sys}/hashsize") && DscCall.Make("get KernelModule", """{"name":"nf_conntrack"}""").State["_exist"]!.GetValue<bool>(), "nf_conntrack is not there.");
        string size = File.ReadAllText($"{sys}/hashsize").Trim();
        Assert.True((bool)DscCall.Make("test KernelModule", $$$"""{"name":"nf_conntrack","parameters":{"hashsize":{{{size}}}}}""").State["_inDesiredState"]!);
        var other = DscCall.Make("test KernelModule", """{"name":"nf_conntrack","parameters":{"hashsize":77}}""");
        Assert.False((bool)other.State["_inDesiredState"]!);
        Assert.Equal(size, other.State["parameters"]!["hashsize"]!.GetValue<string>());
        var refused = DscCall.Make("set KernelModule", """{"name":"nf_conntrack","parameters":{"hashsize":77}}""");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("hashsize=77", Assert.Single(refused.Messages)["error"]!.GetValue<string>(), StringComparison.Ordinal);

        // A parameter that the kernel does not show can't be proven: that is no drift, but it is said.
        var unknown = DscCall.Make("test KernelModule", """{"name":"nf_conntrack","parameters":{"k8snf_none":1}}""");
        Assert.True((bool)unknown.State["_inDesiredState"]!);
        Assert.Null(unknown.State["parameters"]);
        Assert.Contains("k8snf_none", Assert.Single(unknown.Messages)["warn"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_is_the_same_however_it_is_written()
    {
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(_root, "etc/sysctl.d")).FullName, "a.conf"), "net.ipv4.tcp_rmem = 4096 87380 6291456\n");
        var test = DscCall.Make("test Sysctl", $$"""{"name":"net.ipv4.tcp_rmem","value":"4096\t87380\t0x600000","root":"{{_root}}"}""").State;
        Assert.True((bool)test["_inDesiredState"]!);
        Assert.Equal("4096\t87380\t0x600000", test["value"]!.GetValue<string>());
        Assert.Equal("/etc/sysctl.d/a.conf:1", test["bootSource"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("get Sysctl", "[]", 2, "line 1")]
    [InlineData("get Sysctl", "{\n\"name\":", 2, "line 2")]
    [InlineData("get Sysctl", "", 2, "no property name")]
    [InlineData("set Sysctl", """{"name":"net.ipv4.ip_forward"}""", 2, "no property value")]
    [InlineData("set Sysctl", """{"name":"net.ipv4.ip_forward","value":1.5}""", 2, "a text or a whole number")]
    [InlineData("set Sysctl", """{"name":"net.ipv4.ip_forward","value":"1","_exist":false}""", 2, "Remove-NodeSysctl net.ipv4.ip_forward")]
    [InlineData("set Sysctl", """{"name":"kernel.k8snf_no_such_key","value":"1\nkernel.panic = 1"}""", 1, "line")]
    [InlineData("set Sysctl", """{"name":"../../etc/passwd","value":"1"}""", 1, "name")]
    [InlineData("set Sysctl", """{"name":"kernel.panic","value":"1","persist":true,"path":"/etc/passwd"}""", 1, "/etc/passwd")]
    [InlineData("get KernelModule", """{"name":"a b"}""", 1, "name")]
    [InlineData("get KernelModule", """{"name":"a","name":"b"}""", 2, "once")]
    [InlineData("get KernelModule", """{"name":"a","persist":"yes"}""", 2, "true or false")]
    [InlineData("get KernelModule", """{"name":"a","parameters":{"../../x":1}}""", 1, "../../x")]
    [InlineData("get KernelModule", """{"name":"a","parameters":{"x":1.5}}""", 2, "parameters.x")]
    [InlineData("get KernelModule", """{"name":"a","parameters":{"x":{}}}""", 2, "parameters.x")]
    [InlineData("get KernelModule", """{"name":"a","parameters":{"x":1,"x":2}}""", 2, "once")]
    [InlineData("get KernelModule", """{"name":"a","parameters":[1]}""", 2, "an object")]
    [InlineData("set KernelModule", """{"name":"overlay","parameters":{"x":"1\ninstall overlay /bin/sh"}}""", 1, "parameter")]
    [InlineData("get KernelModule", """{"name":[[[[[[[[[[1]]]]]]]]]]}""", 2, "line 1")]
    [InlineData("get NodeBaseline", """{"name":"Nonsense"}""", 1, "Shipped are")]
    [InlineData("set NodeBaseline", """{"name":"/etc/passwd.json"}""", 1, "/etc/passwd.json")]
    [InlineData("get Nothing", "{}", 2, "k8snf dsc")]
    [InlineData("get KernelModule --what-if", "{}", 2, "k8snf dsc")]
    [InlineData("2 KernelModule", "{}", 2, "k8snf dsc")]
    public void What_is_wrong_is_said_as_a_line_of_JSON_and_nothing_comes_out(string commandLine, string instance, int code, string says)
    {
        var call = DscCall.Make(commandLine, instance);
        Assert.Equal(code, call.ExitCode);
        Assert.Equal("", call.Output);
        Assert.Contains(says, Assert.Single(call.Messages)["error"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_instance_longer_than_a_mebibyte_is_refused() =>
        Assert.Contains("1 MiB", DscCall.Make("get Sysctl", new string(' ', (1 << 20) + 1)).Messages[0]["error"]!.GetValue<string>(), StringComparison.Ordinal);

    private static Task<JsonSchema> Schema(string resource) => JsonSchema.FromJsonAsync(DscCall.Make($"schema {resource}", "").Output);
}
