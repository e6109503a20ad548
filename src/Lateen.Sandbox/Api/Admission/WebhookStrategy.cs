using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Api.Resources;
using Lateen.Sandbox.Api.Validation;

namespace Lateen.Sandbox.Api.Admission;

/// <summary>Webhook configurations: the defaults of admissionregistration.k8s.io/v1 and the fields it requires.</summary>
internal sealed class WebhookStrategy(ApiResource resource) : PlainStrategy(resource)
{
    private bool Mutating => Resource.Kind == "MutatingWebhookConfiguration";

    public override void Default(JsonObject obj)
    {
        foreach (var webhook in obj.Each("webhooks"))
        {
            webhook.Default("failurePolicy", "Fail");
            webhook.Default("matchPolicy", "Equivalent");
            webhook.Default("namespaceSelector", new JsonObject());
            webhook.Default("objectSelector", new JsonObject());
            webhook.Default("timeoutSeconds", 10);
            if (Mutating)
            {
                webhook.Default("reinvocationPolicy", "Never");
            }

            webhook.Obj("clientConfig").Obj("service")?.Default("port", 443);
            foreach (var rule in webhook.Each("rules"))
            {
                rule.Default("scope", "*");
            }
        }
    }

    public override void Validate(JsonObject obj, JsonObject? old, CauseList causes)
    {
        var index = 0;
        foreach (var webhook in obj.Each("webhooks"))
        {
            var path = $"webhooks[{index++}]";
            var name = webhook.Str("name") ?? "";
            if (name.Split('.').Length < 3)
            {
                causes.Invalid(path + ".name", name, "should be a domain with at least three segments separated by dots");
            }

            if (webhook.Arr("admissionReviewVersions") is not { Count: > 0 })
            {
                causes.Required(path + ".admissionReviewVersions", "must specify one of v1, v1beta1");
            }

            switch (webhook.Str("sideEffects"))
            {
                case null:
                    causes.Required(path + ".sideEffects", "must specify one of None, NoneOnDryRun");
                    break;
                case var effects and not ("None" or "NoneOnDryRun"):
                    causes.NotSupported(path + ".sideEffects", effects, "None", "NoneOnDryRun");
                    break;
            }

            if (webhook.Str("failurePolicy") is { } policy and not ("Fail" or "Ignore"))
            {
                causes.NotSupported(path + ".failurePolicy", policy, "Fail", "Ignore");
            }

            if (webhook.Num("timeoutSeconds") is < 1 or > 30)
            {
                causes.Invalid(path + ".timeoutSeconds", webhook["timeoutSeconds"], "the timeout value must be between 1 and 30 seconds");
            }

            if ((webhook.Obj("clientConfig").Str("url") is null) == (webhook.Obj("clientConfig").Obj("service") is null))
            {
                causes.Required(path + ".clientConfig", "exactly one of url or service is required");
            }
        }
    }
}
