using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Lateen.Inspection.Trace;

/// <summary>One thing that a request meets on its way.</summary>
/// <param name="What">Its kind: a table and chain of the kernel, or listener, filter chain, virtual host, route, cluster, endpoint.</param>
/// <param name="Name">Which one.</param>
/// <param name="Why">One sentence: why it is this one and what that means, or why it is not.</param>
/// <param name="Passed">False for what was looked at and did not match.</param>
public sealed record TraceStep(string What, string Name, string Why, bool Passed = true);

/// <summary>A stretch of the way in one place.</summary>
/// <param name="Place">A pod's kernel, or a proxy.</param>
/// <param name="Steps">What the request meets there, in order.</param>
/// <param name="Outcome">Where it goes from there.</param>
public sealed record TraceSection(string Place, IReadOnlyList<TraceStep> Steps, string Outcome);

/// <summary>The whole way of a request, as <c>lateen trace</c> prints it.</summary>
/// <param name="Request">The request in one line.</param>
/// <param name="Sections">The stretches, in order.</param>
/// <param name="Result">How it ends.</param>
public sealed record TraceReport(string Request, IReadOnlyList<TraceSection> Sections, string Result)
{
    /// <summary>Everything, also what did not match.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, TraceJson.Indented.TraceReport) + "\n";

    /// <summary>For people: one block per stretch, columns aligned within it.</summary>
    /// <param name="verbose">Also what did not match, marked with a dash.</param>
    public string ToText(bool verbose)
    {
        StringBuilder text = new();
        text.Append(Request).Append('\n');
        for (int i = 0; i < Sections.Count; i++)
        {
            TraceSection section = Sections[i];
            text.Append(CultureInfo.InvariantCulture, $"\n{i + 1}. {section.Place}\n");
            TraceStep[] shown = [.. section.Steps.Where(s => verbose || s.Passed)];
            int what = shown.Select(s => s.What.Length).DefaultIfEmpty().Max();
            int name = shown.Select(s => s.Name.Length).DefaultIfEmpty().Max();
            foreach (TraceStep step in shown)
            {
                text.Append("   ").Append(step.Passed ? "  " : "- ").Append(step.What.PadRight(what)).Append("  ")
                    .Append(step.Name.PadRight(name)).Append("  ").Append(step.Why).Append('\n');
            }

            if (!verbose && section.Steps.Count(s => !s.Passed) is > 0 and var hidden)
            {
                text.Append(CultureInfo.InvariantCulture, $"     ({hidden} more {(hidden == 1 ? "was" : "were")} looked at and did not match; --verbose shows them)\n");
            }

            text.Append("   => ").Append(section.Outcome).Append('\n');
        }

        return text.Append('\n').Append(Result).Append('\n').ToString();
    }
}
