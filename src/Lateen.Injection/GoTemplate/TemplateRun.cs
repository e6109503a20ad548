using System.Text;

namespace Lateen.Injection.GoTemplate;

/// <summary>One run of a template over its data.</summary>
internal sealed class TemplateRun
{
    private readonly string _name;
    private readonly IReadOnlyDictionary<string, IReadOnlyList<Node>> _bodies;
    private readonly FunctionTable _functions;
    private readonly StringBuilder _output = new();
    private readonly List<(string Name, object? Value)> _variables = [];
    private object? _dot;
    private int _steps;
    private int _calls;
    private int _scope;

    public TemplateRun(
        string name, IReadOnlyDictionary<string, IReadOnlyList<Node>> bodies, FunctionTable functions, object? data)
    {
        _name = name;
        _bodies = bodies;
        _functions = functions;
        _dot = data;
    }

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    public string Execute()
    {
        _variables.Add(("$", _dot));
        Walk(_bodies[_name]);
        return _output.ToString();
    }

    private Flow Walk(IReadOnlyList<Node> nodes)
    {
        foreach (var node in nodes)
        {
            var flow = Walk(node);
            if (flow != Flow.Next)
            {
                return flow;
            }
        }

        return Flow.Next;
    }

    private Flow Walk(Node node)
    {
        Step(node);
        switch (node)
        {
            case TextNode text:
                Write(node, text.Text);
                return Flow.Next;
            case ActionNode action:
                var value = Evaluate(action.Pipeline);
                if (action.Pipeline.Variables.Count == 0)
                {
                    Write(node, GoValue.Print(value));
                }

                return Flow.Next;
            case IfNode branch:
                return Scoped(() => Walk(GoValue.IsTrue(Evaluate(branch.Condition)) ? branch.Then : branch.Else));
            case WithNode with:
                return Scoped(() => WalkWith(with));
            case RangeNode range:
                return Scoped(() => WalkRange(range));
            case TemplateCallNode call:
                WalkCall(call);
                return Flow.Next;
            case BreakNode:
                return Flow.Break;
            default:
                return Flow.Continue;
        }
    }

    private Flow Scoped(Func<Flow> walk)
    {
        var (mark, dot) = (_variables.Count, _dot);
        var flow = walk();
        _variables.RemoveRange(mark, _variables.Count - mark);
        _dot = dot;
        return flow;
    }

    private Flow WalkWith(WithNode node)
    {
        var value = Evaluate(node.Subject);
        if (!GoValue.IsTrue(value))
        {
            return Walk(node.Else);
        }

        _dot = value;
        return Walk(node.Then);
    }

    private Flow WalkRange(RangeNode node)
    {
        var subject = Evaluate(node.Subject with { Variables = [] });
        var mark = _variables.Count;
        var any = false;
        foreach (var (key, item) in Elements(node, subject))
        {
            any = true;
            Step(node);
            BindRange(node.Subject, key, item);
            _dot = item;
            var flow = Walk(node.Body);
            _variables.RemoveRange(mark, _variables.Count - mark);
            if (flow == Flow.Break)
            {
                break;
            }
        }

        return any ? Flow.Next : Walk(node.Else);
    }

    // text/template, "Variables": one variable takes the element, two take index or key and element.
    private void BindRange(PipelineNode subject, object? key, object? item)
    {
        var names = subject.Variables;
        for (var i = 0; i < names.Count; i++)
        {
            var value = names.Count == 2 && i == 0 ? key : item;
            if (subject.Declares)
            {
                _variables.Add((names[i], value));
            }
            else
            {
                Assign(names[i], value);
            }
        }
    }

    private IEnumerable<(object? Key, object? Item)> Elements(Node node, object? subject)
    {
        switch (subject)
        {
            case null:
                return [];
            case List<object?> list:
                return list.ToArray().Select((item, index) => ((object?)(long)index, item));
            case GoMap map:
                return map.ToArray().Select(entry => ((object?)entry.Key, entry.Value));
            case long count:
                return Enumerable.Range(0, (int)Math.Clamp(count, 0, TemplateLimits.MaxElements))
                    .Select(index => ((object?)(long)index, (object?)(long)index));
            default:
                throw Error(node, $"range cannot walk over a {GoValue.TypeOf(subject)}");
        }
    }

    private void WalkCall(TemplateCallNode call)
    {
        if (!_bodies.TryGetValue(call.Name, out var body))
        {
            throw Error(call, $"template \"{call.Name}\" is not defined");
        }

        if (++_calls > TemplateLimits.MaxCalls)
        {
            throw Error(call, $"templates call each other more than {TemplateLimits.MaxCalls} levels deep");
        }

        var argument = call.Argument is null ? null : Evaluate(call.Argument);
        var (mark, scope, dot) = (_variables.Count, _scope, _dot);
        _scope = mark;
        _variables.Add(("$", argument));
        _dot = argument;
        Walk(body);
        _variables.RemoveRange(mark, _variables.Count - mark);
        (_scope, _dot) = (scope, dot);
        _calls--;
    }

    private object? Evaluate(PipelineNode pipeline)
    {
        object? value = null;
        for (var i = 0; i < pipeline.Commands.Count; i++)
        {
            value = Evaluate(pipeline.Commands[i], value, i > 0);
        }

        foreach (var name in pipeline.Variables)
        {
            if (pipeline.Declares)
            {
                _variables.Add((name, value));
            }
            else
            {
                Assign(name, value);
            }
        }

        return value;
    }

    private object? Evaluate(CommandNode command, object? piped, bool hasPiped)
    {
        Step(command);
        if (command.Words[0] is FunctionNode function)
        {
            return Call(function, command.Words, piped, hasPiped);
        }

        if (command.Words.Count > 1 || hasPiped)
        {
            throw Error(command, "arguments are given to something that is no function");
        }

        return Evaluate(command.Words[0]);
    }

    private object? Evaluate(Node word)
    {
        Step(word);
        return word switch
        {
            LiteralNode literal => literal.Value,
            DotNode => _dot,
            VariableNode variable => Lookup(variable.Name),
            PipelineNode pipeline => Evaluate(pipeline),
            FieldNode field => Field(field),
            FunctionNode function => Call(function, [function], null, false),
            _ => throw Error(word, "not a value"),
        };
    }

    private object? Field(FieldNode field)
    {
        var target = Evaluate(field.Target);
        switch (target)
        {
            case GoMap map:
                return map.Get(field.Name);
            case IGoStruct shape:
                return shape.TryGetField(field.Name, out var value)
                    ? value
                    : throw Error(field, $"{shape.TypeName} has no field {field.Name}");
            case null:
                return null;
            case string text when field.Name == "String":
                // An enumeration of a protobuf message: its name is the value already.
                return text;
            default:
                throw Error(field, $"a {GoValue.TypeOf(target)} has no field {field.Name}");
        }
    }

    private object? Call(FunctionNode function, IReadOnlyList<Node> words, object? piped, bool hasPiped)
    {
        if (function.Name is "and" or "or")
        {
            return CallLogic(function, words, piped, hasPiped);
        }

        var arguments = new object?[words.Count - 1 + (hasPiped ? 1 : 0)];
        for (var i = 1; i < words.Count; i++)
        {
            arguments[i - 1] = Evaluate(words[i]);
        }

        if (hasPiped)
        {
            arguments[^1] = piped;
        }

        try
        {
            return _functions[function.Name](arguments);
        }
        catch (Exception problem) when (problem is FunctionException or FormatException or OverflowException)
        {
            throw Error(function, $"{function.Name}: {problem.Message}");
        }
    }

    // text/template, "Functions": and, or stop at the first argument that decides.
    private object? CallLogic(FunctionNode function, IReadOnlyList<Node> words, object? piped, bool hasPiped)
    {
        object? value = null;
        for (var i = 1; i < words.Count; i++)
        {
            value = Evaluate(words[i]);
            if (GoValue.IsTrue(value) == (function.Name == "or"))
            {
                return value;
            }
        }

        if (words.Count == 1 && !hasPiped)
        {
            throw Error(function, $"{function.Name}: wants at least 1 argument");
        }

        return hasPiped ? piped : value;
    }

    private object? Lookup(string name)
    {
        for (var i = _variables.Count - 1; i >= _scope; i--)
        {
            if (_variables[i].Name == name)
            {
                return _variables[i].Value;
            }
        }

        return null;
    }

    private void Assign(string name, object? value)
    {
        var at = _variables.FindLastIndex(variable => variable.Name == name);
        _variables[at] = (name, value);
    }

    private void Write(Node node, string text)
    {
        if (_output.Length + text.Length > TemplateLimits.MaxText)
        {
            throw Error(node, $"output is longer than {TemplateLimits.MaxText} characters");
        }

        _output.Append(text);
    }

    private void Step(Node node)
    {
        if (++_steps > TemplateLimits.MaxSteps)
        {
            throw Error(node, $"the template takes more than {TemplateLimits.MaxSteps} steps");
        }
    }

    private TemplateException Error(Node node, string reason) => new(_name, node.Line, reason);
}
