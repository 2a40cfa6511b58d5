using K8sNetfilter.Fuzz;
using SharpFuzz;

var targets = typeof(IFuzzTarget).Assembly.GetTypes().Where(t => t.IsClass && t.IsAssignableTo(typeof(IFuzzTarget)))
    .Select(t => (IFuzzTarget)Activator.CreateInstance(t)!).OrderBy(t => t.Name, StringComparer.Ordinal).ToList();
if (args.Length is 0 or > 3 || targets.Find(t => t.Name == args[0]) is not { } target)
{
    Console.Error.WriteLine("usage: Fuzz TARGET                  run under afl-fuzz (run.sh does it)");
    Console.Error.WriteLine("       Fuzz TARGET seeds FOLDER     write the inputs to start from");
    Console.Error.WriteLine("       Fuzz TARGET file FILE        run one input, as to look at a finding");
    Console.Error.WriteLine("targets: " + string.Join(' ', targets.Select(t => t.Name)));
    return 2;
}

switch (args)
{
    case [_, "seeds", var folder]:
        Directory.CreateDirectory(folder);
        int number = 0;
        foreach (byte[] seed in target.Seeds)
        {
            File.WriteAllBytes(Path.Combine(folder, $"{number++:d3}"), seed);
        }

        return 0;
    case [_, "file", var file]:
        target.Run(File.ReadAllBytes(file));
        return 0;
    case [_]:
        Fuzzer.OutOfProcess.Run(stream =>
        {
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            target.Run(bytes.ToArray());
        });
        return 0;
    default:
        return 2;
}
