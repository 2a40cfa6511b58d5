using System.Management.Automation;
using System.Management.Automation.Language;
using System.Runtime.InteropServices;
using K8sNetfilter.Host.Engine;
using K8sNetfilter.Host.Output;

namespace K8sNetfilter.Host;

/// <summary>One run of PowerShell text or of a script.</summary>
internal sealed class ScriptRun : IDisposable
{
    private const string Red = "\x1b[31;1m";

    /// <summary>Ctrl-C is answered within a second, also by a command that does not listen.</summary>
    private static readonly TimeSpan StopsWithin = TimeSpan.FromMilliseconds(900);

    private readonly CommandLine _commandLine;
    private readonly Task<Session> _session = Session.Prepare();
    private readonly ConsoleStreams _screen = new();
    private readonly EmbeddedHost _host;
    private readonly UserInterface _interface;
    private PowerShell? _shell;
    private volatile int _signal;
    private bool _anyError;
    private bool _wasNotRun;

    /// <summary>Prepares the run.</summary>
    public ScriptRun(CommandLine commandLine)
    {
        _commandLine = commandLine;
        _host = new EmbeddedHost(_screen, commandLine.Output == OutputForm.None);
        _interface = (UserInterface)_host.UI;
        _screen.Out.ReaderLeft = Stop;
    }

    /// <summary>Runs it and gives the exit code: an error too where not all of the output could be written.</summary>
    public int Execute()
    {
        int code = RunText();
        _screen.Out.Flush();
        if (_screen.Out.Failure is not { } failure)
        {
            return code;
        }

        _screen.WriteError($"k8snf: Not all of the output was written: {failure}. Write it to a place that takes it.", Red);
        return code == ExitCode.Done ? ExitCode.Error : code;
    }

    private int RunText()
    {
        string? text = Prepare(out var plain, out bool named);
        if (text is null)
        {
            return ExitCode.Usage;
        }

        PSStyle.Instance.OutputRendering = _screen.Out.HasColour ? OutputRendering.Ansi : OutputRendering.PlainText;
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Interrupt(context, 2));
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Interrupt(context, 1));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Interrupt(context, 15));
        using var runspace = _session.GetAwaiter().GetResult().Open(_host, plain is null ? null : SimplePipeline.Outputs(plain), named);
        using var json = new JsonLines(_screen.Out);
        using var shell = PowerShell.Create(runspace);
        if (plain is null || !SimplePipeline.TryAdd(shell, plain))
        {
            shell.AddScript(text);
        }

        switch (_commandLine.Output)
        {
            case OutputForm.JsonLines:
                shell.AddCommand(new CmdletInfo("Out-JsonLines", typeof(OutJsonLinesCommand))).AddParameter("Writer", json);
                break;
            case OutputForm.None:
                shell.AddCommand("Out-Null");
                break;
            default:
                shell.AddCommand("Out-Default");
                break;
        }

        shell.Streams.Error.DataAdded += (_, added) => Report(shell.Streams.Error[added.Index]);
        _shell = shell;
        if (_signal == 0)
        {
            Invoke(shell);
        }

        _interface.ClearProgress();
        if (_signal != 0)
        {
            return ExitCode.Signal(_signal);
        }

        return _host.ExitCode ?? (_wasNotRun ? ExitCode.Usage : _anyError ? ExitCode.Error : ExitCode.Done);
    }

    /// <inheritdoc/>
    public void Dispose() => _screen.Dispose();

    private void Invoke(PowerShell shell)
    {
        try
        {
            if (UsesInput(_commandLine) && Console.IsInputRedirected)
            {
                shell.Invoke(InputLines());
            }
            else
            {
                shell.Invoke();
            }
        }
        catch (PipelineStoppedException)
        {
            // A signal, or nobody reads any more: both are said by the exit code.
        }
        catch (RuntimeException failure)
        {
            // The record of what the engine itself throws holds a stand-in for the exception.
            Report(failure.ErrorRecord.Exception is ParentContainsErrorRecordException ? new ErrorRecord(failure.ErrorRecord, failure) : failure.ErrorRecord);
        }
    }

    /// <summary>The PowerShell text to run; null if there is none that can be run, which has been said then.</summary>
    /// <param name="plain">The text where it is plain.</param>
    /// <param name="named">True where it may ask for the module by its name.</param>
    private string? Prepare(out ScriptBlockAst? plain, out bool named)
    {
        plain = null;
        named = false;
        if (_commandLine.Mode == CommandMode.File)
        {
            string path = Path.GetFullPath(_commandLine.Text);
            if (!File.Exists(path))
            {
                _screen.WriteError($"k8snf: There is no script {path}.", Red);
                return null;
            }

            var script = Parser.ParseFile(path, out _, out ParseError[] scriptErrors);
            named = ModuleIdentity.IsAskedBy(script.Extent.Text);
            return Accept(scriptErrors) ? ScriptCall.Text(path, _commandLine.Arguments) : null;
        }

        var tree = Parser.ParseInput(_commandLine.Text, out _, out ParseError[] errors);
        plain = SimplePipeline.Is(tree) ? tree : null;
        named = plain is null && ModuleIdentity.IsAskedBy(_commandLine.Text);
        return Accept(errors) ? _commandLine.Text : null;
    }

    private bool Accept(ParseError[] errors)
    {
        if (errors.Length > 0)
        {
            _screen.WriteError(ErrorText.For(errors[0]), Red);
        }

        return errors.Length == 0;
    }

    private void Report(ErrorRecord error)
    {
        _anyError = true;

        // A parameter that the script does not have, or a value that it does not take: it was not run.
        _wasNotRun |= _commandLine.Mode == CommandMode.File && error.Exception is ParameterBindingException
            && error.InvocationInfo?.MyCommand is ExternalScriptInfo script && script.Path == Path.GetFullPath(_commandLine.Text);
        _interface.Say(ErrorText.For(error), Red);
        if (_commandLine.LostQuotes && error.Exception is ParameterBindingException)
        {
            _interface.Say("k8snf: The shell took quotes away. Quote once more for PowerShell: \"'two words'\".", null);
        }
    }

    private static bool UsesInput(CommandLine commandLine) =>
        commandLine.Mode == CommandMode.File || commandLine.Text.Contains("$input", StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> InputLines()
    {
        while (Console.In.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    private void Interrupt(PosixSignalContext context, int number)
    {
        context.Cancel = true;
        _signal = number;
        Stop();
        new Thread(() =>
        {
            Thread.Sleep(StopsWithin);
            _screen.Dispose();
            Environment.Exit(ExitCode.Signal(number));
        }) { IsBackground = true }.Start();
    }

    private void Stop() => _shell?.BeginStop(null, null);
}
