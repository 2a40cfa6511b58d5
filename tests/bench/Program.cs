using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

// What rulesets.sh restores.
if (args is ["ruleset", var services])
{
    Console.Write(K8sNetfilter.Tests.KubeProxy.KubeProxyRuleset.Generate(int.Parse(services, System.Globalization.CultureInfo.InvariantCulture)));
    return;
}

// In this process: building a project of its own for each benchmark takes longer than the measuring.
BenchmarkSwitcher.FromAssembly(typeof(K8sNetfilter.Bench.PacketWalkBenchmarks).Assembly)
    .Run(args, DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance)));
