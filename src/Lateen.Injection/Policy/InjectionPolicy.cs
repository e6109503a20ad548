using System.Collections.Frozen;
using System.Text.Json.Nodes;
using Lateen.Injection.Pods;

namespace Lateen.Injection.Policy;

/// <summary>Why a pod gets a sidecar, or why it does not.</summary>
/// <param name="Inject">The decision.</param>
/// <param name="Reason">One sentence for a person.</param>
public readonly record struct InjectionDecision(bool Inject, string Reason);

/// <summary>The rules that say, after a webhook's selectors matched, whether the pod is injected.</summary>
/// <param name="Policy"><c>enabled</c>: yes unless the pod says no; <c>disabled</c>: no unless the pod says yes.</param>
/// <param name="Always">Label selectors of pods that are injected where the pod itself says nothing.</param>
/// <param name="Never">Label selectors of pods that are not, likewise; they win over <paramref name="Always"/>.</param>
/// <remarks>Source: Istio, "Installing the Sidecar", "Controlling the injection policy".</remarks>
public sealed record InjectionPolicy(string Policy, IReadOnlyList<JsonObject> Always, IReadOnlyList<JsonObject> Never)
{
    private const string Inject = "sidecar.istio.io/inject";

    /// <summary>Namespaces of the cluster itself, never injected.</summary>
    internal static readonly FrozenSet<string> IgnoredNamespaces =
        FrozenSet.Create(StringComparer.Ordinal, "kube-system", "kube-public", "kube-node-lease", "local-path-storage");

    /// <summary>Decides for a pod; <paramref name="ns"/> is the one it is created in.</summary>
    public InjectionDecision Decide(JsonObject pod, string ns) => Decide(pod, ns, IgnoredNamespaces);

    internal InjectionDecision Decide(JsonObject pod, string ns, IReadOnlySet<string> ignored)
    {
        if (PodParts.IsTrue(PodParts.At(pod, "spec", "hostNetwork")))
        {
            return new InjectionDecision(false, "the pod uses the host's network");
        }

        if (ignored.Contains(ns))
        {
            return new InjectionDecision(false, $"namespace {ns} is one of the cluster's own");
        }

        var asked = PodParts.Label(pod, Inject) ?? PodParts.Annotation(pod, Inject) ?? "";
        if (asked.Length > 0)
        {
            var yes = asked.ToLowerInvariant() is "y" or "yes" or "true" or "on";
            return new InjectionDecision(yes, $"the pod says {Inject}={asked}");
        }

        return DecideByDefault(LabelSelector.Labels(PodParts.At(pod, "metadata", "labels")));
    }

    private InjectionDecision DecideByDefault(IReadOnlyDictionary<string, string> labels)
    {
        if (Matches(Never, labels))
        {
            return new InjectionDecision(false, "neverInjectSelector matches the pod's labels");
        }

        if (Matches(Always, labels))
        {
            return new InjectionDecision(Policy is "enabled" or "disabled", "alwaysInjectSelector matches the pod's labels");
        }

        return Policy switch
        {
            "enabled" => new InjectionDecision(true, "the injection policy is enabled"),
            "disabled" => new InjectionDecision(false, "the injection policy is disabled and the pod does not ask for a sidecar"),
            _ => new InjectionDecision(false, $"the injection policy is \"{Policy}\"; it must be enabled or disabled"),
        };
    }

    private static bool Matches(IReadOnlyList<JsonObject> selectors, IReadOnlyDictionary<string, string> labels) =>
        selectors.Any(selector => !LabelSelector.IsEmpty(selector) && LabelSelector.Matches(selector, labels));
}
