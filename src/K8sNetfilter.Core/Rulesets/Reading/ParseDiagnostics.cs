using System.Globalization;
using K8sNetfilter.Configuration;
using K8sNetfilter.Errors;
using K8sNetfilter.Rulesets.Grammar;
using K8sNetfilter.Text;

namespace K8sNetfilter.Rulesets.Reading;

/// <summary>What a reader of rules has to tell: problems with file and line, a bounded number of them, and notices.</summary>
internal sealed class ParseDiagnostics(RulesetParserOptions options)
{
    private readonly RulesetParserOptions _options = options;
    private readonly List<NodeException> _problems = [];
    private readonly List<string> _notices = [];
    private int _problemCount;

    /// <summary>The line that is read, from 1.</summary>
    public int Line { get; set; } = 1;

    /// <summary>The line that is read as <c>file:line</c>.</summary>
    public string Place => new SourceLine(Printable.Text(_options.Source), Line).ToString();

    /// <summary>The problems that nobody was told of at once.</summary>
    public IReadOnlyList<NodeException> Problems => _problems;

    /// <summary>The notices.</summary>
    public IReadOnlyList<string> Notices => _notices;

    /// <summary>Tells how many problems were not told one by one.</summary>
    public void Complete()
    {
        if (_problemCount > RulesetLimits.Problems)
        {
            Tell(NodeException.Create(
                Messages.ResourceManager, nameof(Messages.RulesetMoreProblems), NodeErrorCategory.InvalidData, _options.Source,
                _problemCount - RulesetLimits.Problems));
        }
    }

    /// <summary>A line that is no rule: the rest is still read.</summary>
    public void LineProblem(RuleSyntaxError fault, ReadOnlySpan<byte> word, ReadOnlySpan<byte> line)
    {
        // Those that are only counted cost no words: a text of nothing else has millions.
        if (_problemCount >= RulesetLimits.Problems)
        {
            _problemCount++;
            return;
        }

        string why = fault switch
        {
            RuleSyntaxError.UnclosedQuote => Messages.RuleUnclosedQuote,
            RuleSyntaxError.MissingValue => Messages.RuleMissingValue,
            RuleSyntaxError.StrayWord => Messages.RuleStrayWord,
            RuleSyntaxError.StrayOption => Messages.RuleStrayOption,
            RuleSyntaxError.SecondTarget => Messages.RuleSecondTarget,
            _ => Messages.RuleNotARule,
        };
        string shown = Printable.Text(RulesetText.Decode(word[..Math.Min(word.Length, 60)]), 40);
        Problem(nameof(Messages.RulesetLineInvalid), string.Format(CultureInfo.InvariantCulture, why, shown),
            Printable.Text(RulesetText.Decode(line[..Math.Min(line.Length, 200)]), 120));
    }

    /// <summary>Something that is wrong at the line that is read.</summary>
    public void Problem(string id, params object[] arguments)
    {
        if (++_problemCount > RulesetLimits.Problems)
        {
            return;
        }

        var place = new SourceLine(Printable.Text(_options.Source), Line);
        var problem = NodeException.Create(Messages.ResourceManager, id, NodeErrorCategory.InvalidData, [place, .. arguments]);
        problem.Subject = place.ToString();
        Tell(problem);
    }

    private void Tell(NodeException problem)
    {
        if (_options.OnProblem is { } onProblem)
        {
            onProblem(problem);
        }
        else
        {
            _problems.Add(problem);
        }
    }

    /// <summary>Something that is worth knowing.</summary>
    public void Notice(string text)
    {
        if (_notices.Count < RulesetLimits.Problems)
        {
            _notices.Add(text);
        }
    }
}
