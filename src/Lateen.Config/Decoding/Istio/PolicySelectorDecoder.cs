using Lateen.Model;

namespace Lateen.Config.Decoding.Istio;

/// <summary>What a policy is attached to: workloads by selector, or a resource by targetRef; not both.</summary>
internal static class PolicySelectorDecoder
{
    public static (WorkloadSelector? Selector, TargetReference? Target) Read(ObjectReader spec, string ownNamespace)
    {
        if (spec.CountPresent("selector", "targetRef", "targetRefs") > 1)
        {
            spec.Problem("only one of selector, targetRef and targetRefs can be set", "keep one");
        }

        var targets = spec["targetRefs"].Messages(reference => ReadTarget(reference, ownNamespace));
        return (
            spec["selector"].Message(SelectorDecoder.ReadMatchLabels),
            spec["targetRef"].Message(reference => ReadTarget(reference, ownNamespace)) ?? (targets.IsEmpty ? null : targets[0]));
    }

    private static TargetReference ReadTarget(ObjectReader reference, string ownNamespace)
    {
        var result = new TargetReference(
            reference["group"].Text() ?? "",
            reference["kind"].Required("name the kind, for example Gateway") ?? "",
            reference["name"].Required("name the object") ?? "",
            reference["namespace"].Text() ?? "");
        if (result.Kind.Length > 0 && !result.Kind.All(char.IsAsciiLetterOrDigit))
        {
            reference["kind"].Problem($"\"{result.Kind}\" is no kind");
        }

        if (result.Namespace.Length > 0 && result.Namespace != ownNamespace)
        {
            reference["namespace"].Problem("a policy is attached to objects of its own namespace", "remove namespace");
        }

        return result;
    }
}
