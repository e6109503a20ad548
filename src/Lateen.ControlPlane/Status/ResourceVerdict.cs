using Lateen.Model;

namespace Lateen.ControlPlane.Status;

/// <summary>One line of status.validationMessages.</summary>
/// <param name="Level">`ERROR`, `WARNING` or `INFO`.</param>
/// <param name="Code">Istio's analysis code.</param>
/// <param name="Text">What is wrong, beginning with the field's path.</param>
internal sealed record StatusMessage(string Level, string Code, string Text);

/// <summary>All that the status of one resource says.</summary>
/// <param name="Generation">Of the spec that is meant.</param>
/// <param name="InForce">Whether that spec is served; otherwise the last good one is, if there was one.</param>
/// <param name="Messages">What is wrong with it by itself, and what it names that does not exist.</param>
internal sealed record ResourceVerdict(long Generation, bool InForce, EquatableArray<StatusMessage> Messages)
{
    /// <summary>What translation could not do for some proxy; the rest of the resource is in force.</summary>
    public EquatableArray<StatusMessage> NotHonoured { get; init; }

    /// <summary>Right, and honoured by no proxy of the mesh.</summary>
    public bool IsUnsupported { get; init; }

    /// <summary>Which proxies refuse what came of it, and why; empty for none.</summary>
    public string Refusal { get; init; } = "";

    public DistributionCount Distribution { get; init; }

    public bool IsReconciled => Reason == "Accepted";

    /// <summary>Why the condition is as it is, in one word.</summary>
    public string Reason =>
        !InForce ? "Invalid"
        : Refusal.Length > 0 ? "Refused"
        : IsUnsupported ? "Unsupported"
        : !NotHonoured.IsEmpty ? "NotHonoured"
        : Distribution.IsComplete ? "Accepted" : "Distributing";

    /// <summary>The condition's message without the count of proxies.</summary>
    public string Text =>
        InForce && Refusal.Length > 0 ? Refusal
        : AllMessages.Any() ? string.Join("; ", AllMessages.Select(message => message.Text)) : "in force";

    public string Message => InForce && !IsUnsupported ? $"{Text}; {Distribution}" : Text;

    public IEnumerable<StatusMessage> AllMessages => Messages.Concat(NotHonoured);
}
