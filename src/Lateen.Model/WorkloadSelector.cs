namespace Lateen.Model;

/// <summary>Chooses workloads of the resource's namespace (in the root namespace: of all) by their labels.</summary>
public sealed record WorkloadSelector(EquatableMap<string, string> MatchLabels)
{
    /// <summary>Whether a workload with these labels is chosen. A selector without labels chooses every workload.</summary>
    public bool Matches(EquatableMap<string, string> labels) => LabelsMatch.IsSubset(MatchLabels, labels);
}

/// <summary>Comparison of label sets.</summary>
public static class LabelsMatch
{
    /// <summary>Whether each wanted label is there with the same value.</summary>
    public static bool IsSubset(EquatableMap<string, string> wanted, EquatableMap<string, string> labels)
    {
        foreach (var (key, value) in wanted)
        {
            if (!labels.TryGetValue(key, out var actual) || actual != value)
            {
                return false;
            }
        }

        return true;
    }
}
