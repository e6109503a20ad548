using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Api.Patching;
using Lateen.Sandbox.Api.Resources;
using Lateen.Sandbox.Store;
using Microsoft.Extensions.Logging;

namespace Lateen.Sandbox.Api.Admission;

/// <summary>Calls the admission webhooks that are configured in the cluster.</summary>
/// <remarks>
/// Mutating webhooks are called one after the other in order of configuration name; those with reinvocationPolicy IfNeeded once
/// more when a later one changed the object. Validating ones are called at the same time. A webhook that can not be
/// reached refuses the write or is passed over, as its failurePolicy says.
/// </remarks>
internal sealed class WebhookAdmission(
    ObjectStore store, WebhookMatching matching, WebhookClient client, ILogger log) : IAdmission
{
    private const string Group = "admissionregistration.k8s.io";

    public async Task<JsonObject> MutateAsync(AdmissionAttributes attributes, JsonObject obj, CancellationToken cancel)
    {
        if (Exempt(attributes))
        {
            return obj;
        }

        var webhooks = Configured("mutatingwebhookconfigurations." + Group);
        var seen = new JsonObject?[webhooks.Count];
        obj = await RoundAsync(webhooks, seen, attributes, obj, again: false, cancel);
        return await RoundAsync(webhooks, seen, attributes, obj, again: true, cancel);
    }

    public async Task ValidateAsync(AdmissionAttributes attributes, JsonObject? obj, CancellationToken cancel)
    {
        if (Exempt(attributes))
        {
            return;
        }

        var calls = new List<Task>();
        foreach (var webhook in Configured("validatingwebhookconfigurations." + Group))
        {
            if (matching.Match(webhook, attributes, View(obj), View(attributes.Old)) is { } wanted)
            {
                calls.Add(CallAsync(webhook, wanted, attributes, obj, cancel));
            }
        }

        await Task.WhenAll(calls);
    }

    /// <summary>Webhooks are not asked about webhooks: nobody could repair a broken one.</summary>
    private static bool Exempt(AdmissionAttributes attributes) => attributes.Request.Resource.Group == Group;

    private static JsonElement View(JsonObject? obj) => obj is null ? default : JsonElement.Parse(obj.ToJsonString());

    private List<JsonElement> Configured(string resource) =>
        [.. store.List(resource, null).Items.SelectMany(configuration => configuration.Root.Items("webhooks"))];

    private async Task<JsonObject> RoundAsync(
        List<JsonElement> webhooks, JsonObject?[] seen, AdmissionAttributes attributes, JsonObject obj, bool again, CancellationToken cancel)
    {
        for (var i = 0; i < webhooks.Count; i++)
        {
            if (again && (seen[i] is null || webhooks[i].Text("reinvocationPolicy") != "IfNeeded" || JsonNode.DeepEquals(seen[i], obj)))
            {
                continue;
            }

            if (matching.Match(webhooks[i], attributes, View(obj), View(attributes.Old)) is { } wanted)
            {
                obj = await CallAsync(webhooks[i], wanted, attributes, obj, cancel) ?? obj;
                seen[i] = obj.DeepClone().AsObject();
            }
        }

        return obj;
    }

    /// <summary>The object after the webhook's patch, or null when it left it alone.</summary>
    private async Task<JsonObject?> CallAsync(JsonElement webhook, ApiResource wanted, AdmissionAttributes attributes, JsonObject? obj, CancellationToken cancel)
    {
        var name = webhook.Text("name") ?? "";
        if (attributes.Request.DryRun && webhook.Text("sideEffects") is not ("None" or "NoneOnDryRun"))
        {
            throw ApiException.BadRequest($"admission webhook \"{name}\" does not support dry run");
        }

        JsonElement response;
        var uid = Guid.NewGuid().ToString();
        try
        {
            var version = webhook.Items("admissionReviewVersions").Select(v => v.GetString()).FirstOrDefault(v => v is "v1" or "v1beta1") ?? "v1";
            var review = AdmissionReview.Request($"admission.k8s.io/{version}", uid, wanted, attributes, obj);
            var timeout = TimeSpan.FromSeconds(webhook.Number("timeoutSeconds") ?? 10);
            response = (await client.CallAsync(webhook.At("clientConfig"), review, timeout, cancel)).At("response");
            if (response.Text("uid") != uid)
            {
                throw new IOException($"expected response.uid=\"{uid}\", got \"{response.Text("uid")}\"");
            }
        }
        catch (Exception problem) when (problem is IOException or JsonException or HttpRequestException or FormatException or UriFormatException)
        {
            if (webhook.Text("failurePolicy") == "Ignore")
            {
                ApiServerLog.WebhookIgnored(log, name, problem.Message);
                return null;
            }

            throw ApiException.Internal($"failed calling webhook \"{name}\": failed to call webhook: {problem.Message}");
        }

        lock (attributes.Request.Warnings)
        {
            attributes.Request.Warnings.AddRange(response.Items("warnings").Select(w => w.GetString() ?? ""));
        }

        return response.IsTrue("allowed") ? Patched(name, response, wanted, obj) : throw Denial(name, response);
    }

    private static ApiException Denial(string name, JsonElement response)
    {
        var message = response.Text("status", "message") is { Length: > 0 } said ? said : response.Text("status", "reason");
        var code = (int)(response.Number("status", "code") ?? 0);
        return new ApiException(
            code is >= 400 and < 600 ? code : 403,
            response.Text("status", "reason") ?? "Forbidden",
            string.IsNullOrEmpty(message)
                ? $"admission webhook \"{name}\" denied the request without explanation"
                : $"admission webhook \"{name}\" denied the request: {message}");
    }

    private static JsonObject? Patched(string name, JsonElement response, ApiResource wanted, JsonObject? obj)
    {
        if (obj is null || response.Text("patch") is not { Length: > 0 } patch)
        {
            return null;
        }

        try
        {
            var operations = JsonNode.Parse(Encoding.UTF8.GetString(Convert.FromBase64String(patch))) as JsonArray
                ?? throw new FormatException("the patch is not a list");
            var stored = obj["apiVersion"]?.DeepClone();
            var target = obj.DeepClone().AsObject();
            target["apiVersion"] = wanted.ApiVersion;
            var result = JsonPatch.Apply(target, operations) as JsonObject ?? throw new FormatException("the patch leaves no object");
            result["apiVersion"] = stored;
            return result;
        }
        catch (Exception problem) when (problem is FormatException or JsonException or ApiException)
        {
            throw ApiException.Internal($"webhook \"{name}\" sent a patch that can not be applied: {problem.Message}");
        }
    }
}
