using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Defaults;
using Lateen.Sandbox.Api.Resources;
using Lateen.Sandbox.Api.Validation;

namespace Lateen.Sandbox.Api.Objects;

/// <summary>Kinds that make pods from a template: Deployment, ReplicaSet, StatefulSet, DaemonSet, ReplicationController, Job.</summary>
internal sealed class WorkloadStrategy(ApiResource resource) : PlainStrategy(resource)
{
    public override void Default(JsonObject obj)
    {
        var spec = obj.Ensure("spec");
        var template = Resource.Kind == "CronJob" ? spec.Obj("jobTemplate").Obj("spec").Obj("template") : spec.Obj("template");
        if (template?.Obj("spec") is { } podSpec)
        {
            PodSpecDefaults.Apply(podSpec);
        }

        switch (Resource.Kind)
        {
            case "Deployment":
                DefaultDeployment(spec);
                break;
            case "ReplicaSet" or "ReplicationController":
                spec.Default("replicas", 1);
                break;
            case "StatefulSet":
                spec.Default("replicas", 1);
                spec.Default("podManagementPolicy", "OrderedReady");
                spec.Default("revisionHistoryLimit", 10);
                spec.Default("updateStrategy", new JsonObject { ["type"] = "RollingUpdate", ["rollingUpdate"] = new JsonObject { ["partition"] = 0 } });
                break;
            case "DaemonSet":
                spec.Default("revisionHistoryLimit", 10);
                spec.Default("updateStrategy", new JsonObject
                {
                    ["type"] = "RollingUpdate",
                    ["rollingUpdate"] = new JsonObject { ["maxSurge"] = 0, ["maxUnavailable"] = 1 },
                });
                break;
            case "Job":
                spec.Default("parallelism", 1);
                spec.Default("completions", 1);
                spec.Default("backoffLimit", 6);
                spec.Default("completionMode", "NonIndexed");
                spec.Default("suspend", false);
                break;
        }
    }

    public override void Validate(JsonObject obj, JsonObject? old, CauseList causes)
    {
        if (Resource.Kind is "CronJob" or "Job" or "ReplicationController")
        {
            return;
        }

        var spec = obj.Obj("spec");
        if (spec.Num("replicas") is < 0)
        {
            causes.Invalid("spec.replicas", spec!["replicas"], "must be greater than or equal to 0");
        }

        var selector = spec.Obj("selector");
        if (selector is null)
        {
            causes.Required("spec.selector");
        }
        else if (selector.Count == 0 || (selector.Obj("matchLabels") is not { Count: > 0 } && selector.Arr("matchExpressions") is not { Count: > 0 }))
        {
            causes.Invalid("spec.selector", selector, "empty selector is invalid for " + Resource.Kind.ToLowerInvariant());
        }

        if (spec.Obj("template") is not { } template)
        {
            causes.Required("spec.template");
            return;
        }

        var labels = template.Obj("metadata").Obj("labels");
        if (selector.Obj("matchLabels") is { } wanted && wanted.Any(l => labels.Str(l.Key) != l.Value.AsText()))
        {
            causes.Invalid("spec.template.metadata.labels", labels ?? [], "`selector` does not match template `labels`");
        }

        PodSpecRules.Validate(template.Obj("spec"), "spec.template.spec", causes);
        if (template.Obj("spec").Str("restartPolicy") is { } policy and not "Always")
        {
            causes.NotSupported("spec.template.spec.restartPolicy", policy, "Always");
        }

        if (old is not null && !JsonNode.DeepEquals(selector, old.Obj("spec").Obj("selector")))
        {
            causes.Invalid("spec.selector", selector, "field is immutable");
        }
    }

    private static void DefaultDeployment(JsonObject spec)
    {
        spec.Default("replicas", 1);
        spec.Default("revisionHistoryLimit", 10);
        spec.Default("progressDeadlineSeconds", 600);
        var strategy = spec.Ensure("strategy");
        strategy.Default("type", "RollingUpdate");
        if (strategy.Str("type") == "RollingUpdate")
        {
            var rolling = strategy.Ensure("rollingUpdate");
            rolling.Default("maxUnavailable", "25%");
            rolling.Default("maxSurge", "25%");
        }
    }
}
