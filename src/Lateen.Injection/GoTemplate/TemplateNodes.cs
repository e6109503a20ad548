namespace Lateen.Injection.GoTemplate;

/// <summary>A piece of a parsed template; <see cref="Line"/> is where it begins.</summary>
internal abstract record Node(int Line);

internal sealed record TextNode(int Line, string Text) : Node(Line);

internal sealed record ActionNode(int Line, PipelineNode Pipeline) : Node(Line);

internal sealed record IfNode(int Line, PipelineNode Condition, IReadOnlyList<Node> Then, IReadOnlyList<Node> Else) : Node(Line);

internal sealed record WithNode(int Line, PipelineNode Subject, IReadOnlyList<Node> Then, IReadOnlyList<Node> Else) : Node(Line);

internal sealed record RangeNode(int Line, PipelineNode Subject, IReadOnlyList<Node> Body, IReadOnlyList<Node> Else) : Node(Line);

internal sealed record TemplateCallNode(int Line, string Name, PipelineNode? Argument) : Node(Line);

internal sealed record BreakNode(int Line) : Node(Line);

internal sealed record ContinueNode(int Line) : Node(Line);

/// <summary><c>$a, $b := cmd | cmd</c>: the value of the last command, kept in the variables if there are any.</summary>
internal sealed record PipelineNode(int Line, IReadOnlyList<string> Variables, bool Declares, IReadOnlyList<CommandNode> Commands)
    : Node(Line);

/// <summary>A word and its arguments, blanks between them.</summary>
internal sealed record CommandNode(int Line, IReadOnlyList<Node> Words) : Node(Line);

internal sealed record LiteralNode(int Line, object? Value) : Node(Line);

internal sealed record DotNode(int Line) : Node(Line);

internal sealed record VariableNode(int Line, string Name) : Node(Line);

internal sealed record FunctionNode(int Line, string Name) : Node(Line);

/// <summary><c>X.Name</c>, where X is the dot, a variable, a parenthesised pipeline or another field.</summary>
internal sealed record FieldNode(int Line, Node Target, string Name) : Node(Line);
