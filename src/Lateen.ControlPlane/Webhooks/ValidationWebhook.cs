using System.Text.Json.Nodes;
using Lateen.Config;
using Lateen.Config.Analysis;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Debug;
using Lateen.ControlPlane.Watch;
using Lateen.Model;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Webhooks;

/// <summary>POST /validate: an Istio resource is about to be stored. Wrong fields and values refuse it; doubtful references warn.</summary>
/// <remarks>References warn only, because objects are applied in any order: the missing one may be the next document of the same file.</remarks>
internal sealed class ValidationWebhook(Func<MeshSnapshot> mesh, EventCounters counters, ILogger logger)
{
    private const int MaxBodyBytes = 8 << 20;

    public async Task HandleAsync(HttpContext context)
    {
        JsonObject answer;
        try
        {
            if (context.Request.ContentLength > MaxBodyBytes)
            {
                throw new FormatException($"the body is above {MaxBodyBytes} bytes");
            }

            var review = await AdmissionReview.ReadAsync(context.Request.Body, context.RequestAborted);
            answer = Answer(review);
        }
        catch (FormatException exception)
        {
            counters.Count(EventCounters.ValidationUnreadable);
            WebhookLog.Unreadable(logger, "/validate", exception.Message);
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsync(exception.Message, context.RequestAborted);
            return;
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer.ToJsonString(), context.RequestAborted);
    }

    private JsonObject Answer(AdmissionReview review)
    {
        if (review.Object is not { } value || review.Operation is not ("CREATE" or "UPDATE" or ""))
        {
            return review.Allow([]);
        }

        // The object of a create with generateName, or without namespace, gets both after admission.
        var metadata = value["metadata"] as JsonObject;
        if (metadata is not null)
        {
            metadata["namespace"] ??= review.Namespace;
            metadata["name"] ??= (metadata.Text("generateName") is { Length: > 0 } prefix ? prefix : "unnamed").TrimEnd('-');
        }

        var resource = IstioResource.Read(value);
        var errors = resource.Problems.Where(problem => problem.Severity == ProblemSeverity.Error).ToList();
        var name = $"{value.Text("kind")} {value.Namespace()}/{value.Name()}";

        // Only kinds that are known become a label: what a caller makes up must not.
        var kind = resource.Config is { } known ? $"group=\"{known.Meta.Group}\",resource=\"{known.Meta.Kind}\"" : "group=\"\",resource=\"\"";
        counters.Count(errors.Count > 0 ? EventCounters.ValidationFailed : EventCounters.ValidationPassed, kind);
        if (errors.Count > 0)
        {
            var message = string.Join("; ", errors.Select(error => error.Describe()));
            WebhookLog.Refused(logger, name, message);
            return review.Refuse($"{name} is not valid: {message}");
        }

        var warnings = resource.Problems.Select(problem => problem.Describe()).ToList();
        if (resource.Config is { } config)
        {
            warnings.AddRange(ReferenceCheck.OnAdmission(config, mesh()).Select(problem => problem.ToString()));
            if (SupportCheck.Of(config) is { } unsupported)
            {
                warnings.Add(unsupported.Describe());
            }
        }

        return review.Allow(warnings);
    }
}
