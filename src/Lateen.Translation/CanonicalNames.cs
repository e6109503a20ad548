using Lateen.Model;

namespace Lateen.Translation;

/// <summary>The canonical service and revision of a workload, by its labels.</summary>
internal static class CanonicalNames
{
    public static (string Name, string Revision) Of(EquatableMap<string, string> labels, string workloadName) => (
        labels.Find("service.istio.io/canonical-name")
            ?? labels.Find("app.kubernetes.io/name")
            ?? labels.Find("app")
            ?? workloadName,
        labels.Find("service.istio.io/canonical-revision")
            ?? labels.Find("app.kubernetes.io/version")
            ?? labels.Find("version")
            ?? "latest");
}
