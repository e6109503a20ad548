using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Objects;

namespace Lateen.Sandbox.Api.Defaults;

/// <summary>The defaults of a pod spec, in a pod or a pod template (Kubernetes API reference, PodSpec v1 core).</summary>
internal static class PodSpecDefaults
{
    public static void Apply(JsonObject spec)
    {
        spec.Default("restartPolicy", "Always");
        spec.Default("terminationGracePeriodSeconds", 30);
        spec.Default("dnsPolicy", "ClusterFirst");
        spec.Default("securityContext", new JsonObject());
        spec.Default("schedulerName", "default-scheduler");
        MirrorServiceAccount(spec);
        foreach (var volume in spec.Each("volumes"))
        {
            ApplyVolume(volume);
        }

        foreach (var container in spec.Each("initContainers").Concat(spec.Each("containers")).Concat(spec.Each("ephemeralContainers")))
        {
            ApplyContainer(container);
        }
    }

    /// <summary>The deprecated field serviceAccount always says the same as serviceAccountName.</summary>
    public static void MirrorServiceAccount(JsonObject spec)
    {
        if (spec.Str("serviceAccountName") is { Length: > 0 } name)
        {
            spec["serviceAccount"] = name;
        }
        else if (spec.Str("serviceAccount") is { Length: > 0 } old)
        {
            spec["serviceAccountName"] = old;
        }
    }

    private static void ApplyContainer(JsonObject container)
    {
        container.Default("terminationMessagePath", "/dev/termination-log");
        container.Default("terminationMessagePolicy", "File");
        container.Default("imagePullPolicy", PullPolicy(container.Str("image") ?? ""));
        container.Default("resources", new JsonObject());
        foreach (var port in container.Each("ports"))
        {
            port.Default("protocol", "TCP");
        }

        foreach (var env in container.Each("env"))
        {
            env.Obj("valueFrom").Obj("fieldRef")?.Default("apiVersion", "v1");
            env.Obj("valueFrom").Obj("resourceFieldRef")?.Default("divisor", "0");
        }

        foreach (var probe in (ReadOnlySpan<string>)["livenessProbe", "readinessProbe", "startupProbe"])
        {
            if (container.Obj(probe) is { } present)
            {
                ApplyProbe(present);
            }
        }

        foreach (var hook in (ReadOnlySpan<string>)["postStart", "preStop"])
        {
            ApplyHttpGet(container.Obj("lifecycle").Obj(hook));
        }

        // Requests default to limits, resource by resource.
        if (container.Obj("resources") is { } resources && resources.Obj("limits") is { Count: > 0 } limits)
        {
            var requests = resources.Ensure("requests");
            foreach (var (name, amount) in limits)
            {
                requests.Default(name, amount!.DeepClone());
            }
        }
    }

    /// <summary>Always for the tag <c>latest</c>, given or implied; else IfNotPresent.</summary>
    private static string PullPolicy(string image)
    {
        if (image.Contains('@', StringComparison.Ordinal))
        {
            return "IfNotPresent";
        }

        var last = image[(image.LastIndexOf('/') + 1)..];
        var colon = last.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 || last[(colon + 1)..] == "latest" ? "Always" : "IfNotPresent";
    }

    private static void ApplyProbe(JsonObject probe)
    {
        probe.Default("timeoutSeconds", 1);
        probe.Default("periodSeconds", 10);
        probe.Default("successThreshold", 1);
        probe.Default("failureThreshold", 3);
        probe.Obj("grpc")?.Default("service", "");
        ApplyHttpGet(probe);
    }

    private static void ApplyHttpGet(JsonObject? handler)
    {
        if (handler.Obj("httpGet") is { } get)
        {
            get.Default("path", "/");
            get.Default("scheme", "HTTP");
        }
    }

    private static void ApplyVolume(JsonObject volume)
    {
        if (volume.All(f => f.Key == "name"))
        {
            volume["emptyDir"] = new JsonObject();
        }

        volume.Obj("secret")?.Default("defaultMode", 420);
        volume.Obj("configMap")?.Default("defaultMode", 420);
        volume.Obj("hostPath")?.Default("type", "");
        if (volume.Obj("downwardAPI") is { } downward)
        {
            downward.Default("defaultMode", 420);
            ApplyDownward(downward);
        }

        if (volume.Obj("projected") is { } projected)
        {
            projected.Default("defaultMode", 420);
            foreach (var source in projected.Each("sources"))
            {
                source.Obj("serviceAccountToken")?.Default("expirationSeconds", 3600);
                ApplyDownward(source.Obj("downwardAPI"));
            }
        }
    }

    private static void ApplyDownward(JsonObject? downward)
    {
        foreach (var item in downward.Each("items"))
        {
            item.Obj("fieldRef")?.Default("apiVersion", "v1");
            item.Obj("resourceFieldRef")?.Default("divisor", "0");
        }
    }
}
