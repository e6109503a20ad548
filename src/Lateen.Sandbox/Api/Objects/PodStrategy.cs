using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Defaults;
using Lateen.Sandbox.Api.Resources;
using Lateen.Sandbox.Api.Validation;

namespace Lateen.Sandbox.Api.Objects;

/// <summary>Pods: defaults of the spec, the first status, and a spec that hardly changes once written.</summary>
internal sealed class PodStrategy(ApiResource resource) : PlainStrategy(resource)
{
    public override void Default(JsonObject obj)
    {
        var spec = obj.Ensure("spec");
        PodSpecDefaults.Apply(spec);
        spec.Default("enableServiceLinks", true);
    }

    public override void PrepareForCreate(JsonObject obj)
    {
        base.PrepareForCreate(obj);
        var spec = obj.Ensure("spec");
        spec.Default("priority", 0);
        spec.Default("preemptionPolicy", "PreemptLowerPriority");
        Tolerate(spec, "node.kubernetes.io/not-ready");
        Tolerate(spec, "node.kubernetes.io/unreachable");
        obj["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = QosClass(obj.Obj("spec")) };
    }

    public override void Validate(JsonObject obj, JsonObject? old, CauseList causes)
    {
        PodSpecRules.Validate(obj.Obj("spec"), "spec", causes);
        if (old is not null && !JsonNode.DeepEquals(Frozen(obj), Frozen(old)))
        {
            causes.Forbidden(
                "spec",
                "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
                + "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
                + "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)");
        }
    }

    /// <summary>Kubernetes, "DefaultTolerationSeconds": pods stay five minutes on a node that is gone.</summary>
    private static void Tolerate(JsonObject spec, string taint)
    {
        if (spec.Arr("tolerations") is not { } tolerations)
        {
            spec["tolerations"] = tolerations = [];
        }

        if (!tolerations.Any(t => t.Str("effect") is null or "" or "NoExecute" && (t.Str("key") == taint || (t.Str("key") is null or "" && t.Str("operator") == "Exists"))))
        {
            tolerations.Add((JsonNode)new JsonObject { ["effect"] = "NoExecute", ["key"] = taint, ["operator"] = "Exists", ["tolerationSeconds"] = 300 });
        }
    }

    /// <summary>Pod quality of service classes (Kubernetes, "Pod Quality of Service Classes").</summary>
    private static string QosClass(JsonObject? spec)
    {
        var containers = spec.Each("initContainers").Concat(spec.Each("containers")).Select(c => c.Obj("resources")).ToList();
        if (containers.All(r => r.Obj("requests") is not { Count: > 0 } && r.Obj("limits") is not { Count: > 0 }))
        {
            return "BestEffort";
        }

        return containers.All(r => ((string[])["cpu", "memory"]).All(name =>
            r.Obj("limits").Str(name) is { } limit && (r.Obj("requests").Str(name) ?? limit) == limit))
            ? "Guaranteed"
            : "Burstable";
    }

    /// <summary>The spec without the fields that may change.</summary>
    private static JsonObject Frozen(JsonObject pod)
    {
        var spec = pod.Obj("spec")?.DeepClone().AsObject() ?? [];
        foreach (var field in (ReadOnlySpan<string>)["activeDeadlineSeconds", "tolerations", "priority", "preemptionPolicy", "terminationGracePeriodSeconds", "nodeName", "ephemeralContainers"])
        {
            spec.Remove(field);
        }

        foreach (var container in spec.Each("initContainers").Concat(spec.Each("containers")))
        {
            container.Remove("image");
        }

        return spec;
    }
}
